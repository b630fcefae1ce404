import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { duplicate } from '../../../harness/faults/duplicate.ts'
import type { FaultMember, Piece, StageContext, StreamStage } from '../../../harness/faults/fault.ts'
import { latency } from '../../../harness/faults/latency.ts'
import { loss } from '../../../harness/faults/loss.ts'
import { rate } from '../../../harness/faults/rate.ts'
import { reorder } from '../../../harness/faults/reorder.ts'
import { slicer } from '../../../harness/faults/slicer.ts'
import { passed, pieceOf, stageContext } from '../../support/stage-context.ts'

type Open = (context: StageContext) => StreamStage

const opens =
  <Settings>(fault: FaultMember<Settings>, raw: unknown): Open =>
  (context) =>
    fault.stream!(fault.parse(raw), context)

const cases: readonly [string, Open][] = [
  ['latency', opens(latency, { delay: '5ms', jitter: '20ms', distribution: 'pareto', correlation: '40%' })],
  ['rate', opens(rate, '2mbps')],
  ['loss', opens(loss, { probability: '20%' })],
  ['loss in bursts', opens(loss, { gilbertElliott: { goodToBad: 0.1, badToGood: 0.3 } })],
  ['loss, stalling', opens(loss, { fourState: { p13: 0.2 }, tcp: { mode: 'stall' } })],
  ['reorder', opens(reorder, { probability: '30%', window: 3 })],
  ['duplicate', opens(duplicate, { probability: '50%', maxExtra: 3 })],
  ['slicer', opens(slicer, { size: '700b', variation: '300b', delay: '1ms' })],
]

const arrivals = fc.array(
  fc.record({
    size: fc.integer({ min: 1, max: 9000 }),
    gapNs: fc.constantFrom(0, 200_000, 3e6, 300e6),
    turn: fc.boolean(),
  }),
  { minLength: 1, maxLength: 12 },
)

describe('a stage of a stream', () => {
  it.each(cases)('loses, repeats and swaps no byte, and releases none early: %s', (_, open) => {
    fc.assert(
      fc.property(arrivals, fc.integer(), (chunks, seed) => {
        const context = stageContext({ seed, roundTripNs: 10e6 })
        const stage = open(context)
        let [arrivedNs, message] = [0, 0]
        const sent: Buffer[] = []
        const out: Piece[] = []
        for (const { size, gapNs, turn } of chunks) {
          arrivedNs += gapNs
          message += turn ? 1 : 0
          const piece = pieceOf(size, { arrivedNs, message })
          sent.push(piece.bytes)
          out.push(...passed(stage, piece))
        }
        expect(Buffer.concat(out.map(({ bytes }) => bytes)).equals(Buffer.concat(sent))).toBe(true)
        for (const { dueNs, arrivedNs: cameNs } of out) expect(dueNs).toBeGreaterThanOrEqual(cameNs)
        expect(context.tally.fired).toBeLessThanOrEqual(context.tally.eligible)
      }),
      { numRuns: 40, seed: 11 },
    )
  })

  it('acts in the direction in which it is, and another in the other by itself (F27)', () => {
    const [up, down] = (['uplink', 'downlink'] as const).map((direction) => stageContext({ direction }))
    const stage = latency.stream!(latency.parse({ delay: '5ms' }), up!)
    expect(passed(stage, pieceOf(1))[0]!.dueNs).toBe(5e6)
    expect([up!.tally.fired, down!.tally.fired]).toEqual([1, 0])
  })
})
