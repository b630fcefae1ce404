import { describe, expect, it } from 'vitest'
import { duplicate } from '../../../harness/faults/duplicate.ts'
import { baselineOf } from '../../support/facts.ts'
import { datagramOf, passed, pieceOf, stageContext } from '../../support/stage-context.ts'

describe('duplication', () => {
  it('sends each copy of a datagram with a draw of its own, right behind it (F29)', () => {
    const context = stageContext()
    const stage = duplicate.datagram!(duplicate.parse({ probability: 0.3, maxExtra: 2 }), context)
    const out = Array.from({ length: 5000 }, (_, at) => passed(stage, datagramOf(String(at), at)))
    const extra = out.reduce((sum, { length }) => sum + length - 1, 0)
    // n (1 + maxExtra p), within 3.29 standard deviations.
    expect(Math.abs(extra - 3000)).toBeLessThan(3.29 * Math.sqrt(10_000 * 0.3 * 0.7))
    expect(context.tally).toMatchObject({ eligible: 10_000, fired: extra })
    expect(new Set(out.map(({ length }) => length))).toEqual(new Set([1, 2, 3]))
    expect(
      out.every((copies, at) => copies.every(({ bytes, dueNs }) => bytes.toString() === String(at) && dueNs === at)),
    ).toBe(true)
  })

  it('repeats no byte of a stream: segments only weigh more (F29)', () => {
    const context = stageContext()
    const stage = duplicate.stream!(duplicate.parse({ probability: 1 }), context)
    const piece = pieceOf(3000)
    const [out, ...more] = passed(stage, piece)
    expect([out, more]).toEqual([piece, []])
    expect(out!.wireBytes).toBe(6000)
    expect(context.counters).toEqual({ 'duplicate.bytes': 3000 })
    expect(context.tally).toEqual({ eligible: 3, fired: 3, bytes: 3000 })
  })

  it('is off at a probability of 0', () => {
    expect(duplicate.active(duplicate.parse({ probability: 0 }))).toBe(false)
  })

  it('makes the target count one request more for each datagram that came twice uplink', () => {
    const settings = duplicate.parse({ probability: 0.1 })
    const context = { direction: 'uplink' as const, baseline: baselineOf({}), operations: 1 }
    expect(duplicate.expect(settings, context).undelivered).toBe(0)
    expect(duplicate.expect(settings, { ...context, datagrams: true })).toMatchObject({
      undelivered: -1,
      firedShare: { lo: 0.1, hi: 0.1 },
    })
  })
})
