import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { latency } from '../../../harness/faults/latency.ts'
import { reorder } from '../../../harness/faults/reorder.ts'
import { baselineOf } from '../../support/facts.ts'
import {
  datagramOf,
  leaveNs,
  leaveOrder,
  passed,
  pieceOf,
  stageContext,
  type StageContextOptions,
} from '../../support/stage-context.ts'

const ms = 1e6

/** So many numbered datagrams, 1 ms apart unless said otherwise, in the order in which they leave. */
function numbered(raw: object, count: number, options: StageContextOptions & { readonly gapNs?: number } = {}) {
  const context = stageContext(options)
  const stage = reorder.datagram!(reorder.parse({ probability: 1, ...raw }), context)
  const out = Array.from({ length: count }, (_, at) =>
    passed(stage, datagramOf(String(at + 1), at * (options.gapNs ?? ms))),
  ).flat()
  return { out, order: leaveOrder(out).map(Number), context }
}

describe('reorder settings', () => {
  it('have a window of one and wait for 50 ms', () => {
    expect(reorder.parse({ probability: '5%' })).toEqual({ probability: 0.05, window: 1, delayNs: 50 * ms })
    expect(reorder.active(reorder.parse({ probability: 0 }))).toBe(false)
  })

  it('that wait for nothing are refused (F28, P12)', () => {
    expect(() => reorder.parse({ probability: 1, delay: '0ms' })).toThrow('found delay "0ms"')
  })
})

describe('reordering of datagrams', () => {
  it('at 100 % swaps neighbours, or whole windows (F28, P5)', () => {
    expect(numbered({}, 6).order).toEqual([2, 1, 4, 3, 6, 5])
    expect(numbered({ window: 2 }, 8).order).toEqual([3, 4, 1, 2, 7, 8, 5, 6])
    expect(numbered({}, 6).context.tally).toMatchObject({ eligible: 3, fired: 3 })
  })

  it('brings the last one by a timer of its own (F28, P5)', () => {
    const { out, order } = numbered({ delay: '20ms' }, 1)
    expect([out[0]!.dueNs, order]).toEqual([20 * ms, [1]])
    expect(numbered({}, 5).out.at(-1)!.dueNs).toBe(54 * ms)
  })

  it('lets go what nobody overtook in time', () => {
    // 30 ms apart: the second comes too late for the first.
    expect(numbered({ delay: '20ms' }, 3, { gapNs: 30 * ms }).order).toEqual([1, 2, 3])
  })

  it('says when something has become due earlier', () => {
    expect(numbered({}, 6).context.hurries()).toBe(3)
  })

  it('works on what a latency has delayed (F28, P5)', () => {
    const delay = latency.datagram!(latency.parse({ delay: '40ms' }), stageContext())
    const swap = reorder.datagram!(reorder.parse({ probability: 1 }), stageContext())
    const out = Array.from({ length: 6 }, (_, at) => passed(delay, datagramOf(String(at + 1), at * ms)))
      .flat()
      .flatMap((datagram) => passed(swap, datagram))
    expect(leaveOrder(out)).toEqual(['2', '1', '4', '3', '6', '5'])
    expect(out.map(({ dueNs }) => dueNs / ms)).toEqual([41.000001, 41, 43.000001, 43, 45.000001, 45])
  })

  it('works under what delays all of them later (F28, P5)', () => {
    const swap = reorder.datagram!(reorder.parse({ probability: 1 }), stageContext())
    const delay = latency.datagram!(latency.parse({ delay: '40ms' }), stageContext())
    const out: ReturnType<typeof datagramOf>[] = []
    for (let at = 0; at < 6; at++) {
      swap.push(datagramOf(String(at + 1), at * ms), (one) => delay.push(one, (late) => out.push(late)))
    }
    expect(leaveOrder(out)).toEqual(['2', '1', '4', '3', '6', '5'])
    expect(Math.min(...out.map(({ dueNs }) => dueNs / ms))).toBe(41)
  })

  it('loses none, repeats none, displaces none by more than its window and releases none early (F28, P5)', () => {
    const settings = fc.record({
      window: fc.integer({ min: 1, max: 8 }),
      probability: fc.constantFrom(0.05, 0.5, 1),
      seed: fc.integer(),
      gapNs: fc.constantFrom(0, 100, ms, 30 * ms),
    })
    fc.assert(
      fc.property(settings, ({ seed, gapNs, ...raw }) => {
        const { out, order } = numbered(raw, 60, { seed, gapNs })
        expect(order.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, at) => at + 1))
        for (const [at, number] of order.entries()) expect(Math.abs(at + 1 - number)).toBeLessThanOrEqual(raw.window)
        for (const { dueNs, arrivedNs } of out) expect(dueNs - arrivedNs).toBeGreaterThanOrEqual(0)
      }),
      { numRuns: 60, seed: 5 },
    )
  })

  it('really reorders at 5 % with a window of 4 (F28)', () => {
    const { order } = numbered({ probability: 0.05, window: 4 }, 2000)
    const inversions = order.filter((number, at) => at > 0 && number < order[at - 1]!).length
    expect(inversions).toBeGreaterThan(50)
    expect(inversions).toBeLessThan(150)
  })
})

describe('reordering on a stream', () => {
  const open = (raw: object, options: StageContextOptions = {}) => {
    const context = stageContext(options)
    return { context, stage: reorder.stream!(reorder.parse({ probability: 1, ...raw }), context) }
  }

  it('costs waiting only: the order stays, and what is behind waits too (F28)', () => {
    const { stage, context } = open({ window: 3, delay: '30ms' }, { decide: () => 0 })
    const out = passed(stage, pieceOf(1448))
    expect(out[0]!.dueNs).toBe(30 * ms)
    const [second] = passed(stage, pieceOf(2 * 1448, { arrivedNs: 4 * ms }))
    expect(leaveNs([...out, second!])).toEqual([30 * ms, 34 * ms])
    passed(stage, pieceOf(1448, { arrivedNs: 6 * ms }))
    expect(out[0]!.dueNs).toBe(6 * ms)
    expect(context.hurries()).toBeGreaterThan(0)
  })

  it('costs nothing where enough follow at once', () => {
    const { stage, context } = open({ window: 2 })
    const out = passed(stage, pieceOf(4 * 1448))
    expect(out.map(({ bytes, dueNs }) => [bytes.length, dueNs])).toEqual([
      [2 * 1448, 0],
      [1448, 50 * ms],
      [1448, 50 * ms],
    ])
    expect(context.tally).toEqual({ eligible: 4, fired: 4, bytes: 4 * 1448 })
  })

  it('counts what a sender would have sent again: later than a quarter of the round trip', () => {
    const { stage, context } = open({ delay: '30ms' }, { roundTripNs: 80 * ms })
    passed(stage, pieceOf(100, { message: 1 }))
    passed(stage, pieceOf(100, { message: 2, arrivedNs: 10 * ms }))
    expect(context.counters).toEqual({ 'reorder.spuriousRetransmits': 0 })
    stage.end!(0)
    expect(context.counters).toEqual({ 'reorder.spuriousRetransmits': 1 })
  })
})

describe('what a reordering should do', () => {
  it('is nothing to the median while few are hit', () => {
    const context = { direction: 'downlink' as const, baseline: baselineOf({}), operations: 1 }
    expect(reorder.expect(reorder.parse({ probability: 0.05 }), context).delayMs).toEqual({ lo: 0, hi: 0 })
    expect(reorder.expect(reorder.parse({ probability: 1 }), context).delayMs).toBeNull()
  })
})
