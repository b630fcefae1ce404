import { describe, expect, it } from 'vitest'
import { loss, type LossSettings } from '../../../harness/faults/loss.ts'
import { baselineOf } from '../../support/facts.ts'
import {
  datagramOf,
  leaveNs,
  passed,
  pieceOf,
  stageContext,
  type StageContextOptions,
} from '../../support/stage-context.ts'

const ms = 1e6

interface Planned extends StageContextOptions {
  /** Which draws lose, in order; after the last none does. */
  readonly losses?: readonly number[]
  readonly raw?: object
}

/** A stage whose losses are planned. */
function open({ losses = [], raw = {}, ...options }: Planned = {}) {
  const plan = [...losses]
  const context = stageContext({ ...options, decide: () => (plan.shift() === 1 ? 0 : 1) })
  const stage = loss.stream!(loss.parse({ probability: 0.01, ...raw }), context)
  return { context, stage }
}

const sizesAndDue = (pieces: ReturnType<typeof passed<ReturnType<typeof pieceOf>>>) =>
  pieces.map(({ bytes, dueNs }) => [bytes.length, dueNs / ms])

describe('loss settings', () => {
  it.each([
    [{ probability: '2%' }, { kind: 'random', probability: 0.02, burst: 1 }],
    [
      { probability: 0.01, burst: 4 },
      { kind: 'random', probability: 0.01, burst: 4 },
    ],
    [
      { gilbertElliott: { goodToBad: '1%', badToGood: '25%' } },
      { kind: 'gilbertElliott', goodToBad: 0.01, badToGood: 0.25, lossGood: 0, lossBad: 1 },
    ],
    [{ fourState: { p13: '20%' } }, { kind: 'fourState', p13: 0.2, p31: 0.8, p32: 0, p23: 1, p14: 0 }],
  ])('%j say what is lost', (raw, model) => {
    expect(loss.parse(raw)).toEqual({
      model,
      tcp: {
        mode: 'retransmit',
        mssBytes: 1448,
        rtoMinNs: 200 * ms,
        rtoMaxNs: 120_000 * ms,
        maxRetries: 15,
        congestion: 'mathis',
      },
    })
  })

  it.each([
    [{ burst: 4 }, 'found burst without probability, allowed: burst only with a probability of what begins it'],
    [{}, 'found none of them, allowed: exactly one of probability, gilbertElliott, fourState'],
    [{ probability: 0.1, fourState: { p13: 0.1 } }, 'found probability and fourState, allowed: exactly one of'],
    [{ fourState: { p13: 0.6, p14: 0.5 } }, 'found p13 + p14 = 1.1, allowed: at most 1'],
    [{ fourState: { p13: 0.1, p32: 0.2 } }, 'found p31 + p32 = 1.1, allowed: at most 1'],
    [{ probability: 0.1, tcp: { mss: '0b' } }, 'found mss "0b", allowed: at least 1 byte'],
    [{ probability: 0.1, tcp: { rtoMax: '1ms' } }, 'found rtoMax "1ms", allowed: at least rtoMin'],
  ])('%j are refused (F23, P12)', (raw, message) => {
    expect(() => loss.parse(raw)).toThrow(message)
  })

  it.each([
    [{ probability: 0 }, false],
    [{ probability: '1ppm' }, true],
    [{ gilbertElliott: { goodToBad: 0, badToGood: 0.5 } }, false],
    [{ gilbertElliott: { goodToBad: 0, badToGood: 0.5, lossGood: 0.1 } }, true],
  ])('%j act: %s', (raw, active) => {
    expect(loss.active(loss.parse(raw))).toBe(active)
  })
})

describe('loss of a message of one segment', () => {
  it.each([
    [1, 206],
    [2, 412],
    [3, 824],
    [4, 1648],
  ])('%i times makes it late by the steps that Linux shows: %i ms (F22, P8)', (times, lateMs) => {
    const { stage, context } = open({ losses: Array.from({ length: times }, () => 1) })
    const out = passed(stage, pieceOf(64))
    expect(out.map(({ dueNs }) => dueNs / ms)).toEqual([lateMs])
    stage.end!(0)
    expect(context.counters).toMatchObject({
      'loss.segments': 1,
      'loss.lost': times,
      'loss.tailProbes': 1,
      'loss.timeouts': times - 1,
      'loss.fastRetransmits': 0,
    })
    expect(context.tally).toEqual({ eligible: 1, fired: 1, bytes: 64 })
  })

  it('waits for two round trips and the delayed acknowledgement, at most for the timeout', () => {
    // R = 40 ms: min(2 R + 200, R + max(4 * R / 2, 200)) = 240 ms, and 3 %.
    const { stage } = open({ losses: [1], roundTripNs: 40 * ms })
    expect(passed(stage, pieceOf(64))[0]!.dueNs).toBeCloseTo(247.2 * ms, 0)
  })

  it('never waits longer than the largest timeout at a time', () => {
    const { stage } = open({ losses: [1, 1, 1, 1], raw: { tcp: { rtoMax: '300ms' } } })
    expect(passed(stage, pieceOf(64))[0]!.dueNs).toBe((206 + 206 + 300 + 300) * ms)
  })

  it('is recovered fast when something behind it arrives within a round trip', () => {
    const { stage, context } = open({ losses: [1], roundTripNs: 40 * ms })
    const [first] = passed(stage, pieceOf(64, { message: 1 }))
    const [second] = passed(stage, pieceOf(64, { arrivedNs: 30 * ms, message: 2 }))
    expect([first!.dueNs, second!.dueNs]).toEqual([50 * ms, 30 * ms])
    expect(context.hurries()).toBe(1)
    expect(context.counters).toMatchObject({ 'loss.fastRetransmits': 1, 'loss.tailProbes': 0 })
  })

  it('is not recovered fast by what comes later than that', () => {
    const { stage, context } = open({ losses: [1], roundTripNs: 40 * ms })
    const [first] = passed(stage, pieceOf(64, { message: 1 }))
    passed(stage, pieceOf(64, { arrivedNs: 60 * ms, message: 2 }))
    expect(first!.dueNs).toBeCloseTo(247.2 * ms, 0)
    expect(context.hurries()).toBe(0)
  })

  it('keeps its timeouts after a fast recovery that is lost too', () => {
    const { stage } = open({ losses: [1, 1], roundTripNs: 40 * ms })
    const [first] = passed(stage, pieceOf(64, { message: 1 }))
    passed(stage, pieceOf(64, { arrivedNs: 10 * ms, message: 2 }))
    expect(first!.dueNs).toBeCloseTo((50 + 240 * 1.03) * ms, 0)
  })
})

describe('loss within a flight', () => {
  it('costs a round trip and a quarter, and holds what is behind it', () => {
    const { stage, context } = open({ losses: [0, 1], roundTripNs: 40 * ms, raw: { tcp: { congestion: 'none' } } })
    const out = passed(stage, pieceOf(5 * 1448))
    expect(sizesAndDue(out)).toEqual([
      [1448, 0],
      [1448, 50],
      [3 * 1448, 0],
    ])
    expect(leaveNs(out).map((ns) => ns / ms)).toEqual([0, 50, 50])
    expect(context.counters).toMatchObject({ 'loss.segments': 5, 'loss.lost': 1, 'loss.fastRetransmits': 1 })
  })

  it('costs nothing without latency, but at the tail two milliseconds', () => {
    const out = passed(open({ losses: [0, 1, 0, 0, 1] }).stage, pieceOf(5 * 1448))
    expect(sizesAndDue(out)).toEqual([
      [1448, 0],
      [1448, 0],
      [2 * 1448, 0],
      [1448, 2.06],
    ])
  })

  it('is told of by three segments that come later', () => {
    const { stage, context } = open({ losses: [0, 1] })
    const [, late] = passed(stage, pieceOf(2 * 1448))
    expect(late!.dueNs).toBe(2.06 * ms)
    passed(stage, pieceOf(2 * 1448, { arrivedNs: 0.5 * ms }))
    expect(context.hurries()).toBe(0)
    passed(stage, pieceOf(1448, { arrivedNs: 0.8 * ms }))
    expect(context.hurries()).toBe(1)
    // Not before the third of them has come.
    expect(late!.dueNs).toBe(0.8 * ms)
  })

  it('hits whole segments, however a stage before has cut them', () => {
    const { stage, context } = open({ losses: [1] })
    const out = [40, 40, 1400, 1448 * 3].flatMap((size) => passed(stage, pieceOf(size)))
    expect(context.tally.eligible).toBe(5)
    expect(context.tally.fired).toBe(1)
    expect(out.map(({ bytes }) => bytes.length)).toEqual([40, 40, 1368, 32, 1448 * 3])
    expect(out.map(({ dueNs }) => dueNs)).toEqual([0, 0, 0, 0, 0])
    expect(context.counters).toMatchObject({ 'loss.fastRetransmits': 1 })
  })

  it('moves parts with it that a later stage has made of a late segment', () => {
    const { stage } = open({ losses: [1], roundTripNs: 40 * ms })
    const [whole] = passed(stage, pieceOf(1448, { message: 1 }))
    const before = whole!.dueNs
    passed(stage, pieceOf(1448, { arrivedNs: 5 * ms, message: 2 }))
    expect(whole!.dueNs).toBe(50 * ms)
    expect(before).toBeGreaterThan(whole!.dueNs)
  })

  it('keeps the mean rate at what Mathis and others say, but lets a window go at once', () => {
    const roundTripNs = 40 * ms
    const { stage } = open({ losses: [], roundTripNs, raw: { probability: 0.01 } })
    const sizeBytes = 65_536
    const count = 40
    let atNs = 0
    for (let message = 0; message < count; message++) {
      atNs = leaveNs(passed(stage, pieceOf(sizeBytes, { message }))).at(-1)!
    }
    const bytesPerSecond = (1.22 * 1448) / (0.04 * Math.sqrt(0.01))
    expect(Math.abs(((atNs + roundTripNs) / 1e9) * (bytesPerSecond / (count * sizeBytes)) - 1)).toBeLessThan(0.02)
    // 12 segments are a window.
    expect(leaveNs(passed(open({ roundTripNs }).stage, pieceOf(12 * 1448)))).toEqual([0])
    const free = open({ roundTripNs, raw: { tcp: { congestion: 'none' } } })
    expect(leaveNs(passed(free.stage, pieceOf(2 ** 20)))).toEqual([0])
  })
})

describe('a connection whose segment is never acknowledged', () => {
  it('is reset after the last retransmission, and lets nothing more out', () => {
    const { stage, context } = open({ losses: [1, 1, 1], raw: { tcp: { maxRetries: 2 } } })
    const [first] = passed(stage, pieceOf(64))
    const [behind] = passed(stage, pieceOf(64, { arrivedNs: 5 * ms, message: 2 }))
    expect(context.actions).toEqual([{ kind: 'reset', afterNs: 824 * ms }])
    expect(Math.min(first!.dueNs, behind!.dueNs)).toBeGreaterThan(1000e9)
    expect(context.counters).toMatchObject({ 'loss.exceeded': 1, 'loss.lost': 3 })
  })
})

describe('the ways in which a stream bears loss', () => {
  it('stall: for the least timeout per loss, whatever follows (F22)', () => {
    const { stage } = open({ losses: [1, 0, 0, 0, 1], raw: { tcp: { mode: 'stall', rtoMin: '50ms' } } })
    expect(sizesAndDue(passed(stage, pieceOf(4 * 1448)))).toEqual([
      [1448, 100],
      [3 * 1448, 0],
    ])
  })

  it('reset: at the first loss (F22)', () => {
    const { stage, context } = open({ losses: [0, 1], raw: { tcp: { mode: 'reset' } } })
    const piece = pieceOf(3 * 1448)
    piece.dueNs = 7 * ms
    const out = passed(stage, piece)
    expect(context.actions).toEqual([{ kind: 'reset', afterNs: 7 * ms }])
    expect(out[0]!.dueNs).toBe(7 * ms)
    expect(leaveNs(out)[1]).toBeGreaterThan(1000e9)
  })

  it('off: not at all, but counted', () => {
    const { stage, context } = open({ losses: [1, 1, 1], raw: { tcp: { mode: 'off' } } })
    expect(leaveNs(passed(stage, pieceOf(3 * 1448))).at(-1)).toBe(0)
    expect(context.tally).toMatchObject({ eligible: 3, fired: 3 })
  })
})

describe('loss of datagrams', () => {
  it('makes them vanish, each by itself or in bursts (F22, F23, P8)', () => {
    const losing = (raw: object) => {
      const context = stageContext({ seed: 3 })
      const stage = loss.datagram!(loss.parse(raw), context)
      const out = Array.from({ length: 5000 }, (_, at) => passed(stage, datagramOf(String(at), at)))
      return { gone: out.filter((one) => one.length === 0).length, context }
    }
    const { gone, context } = losing({ probability: 0.1 })
    expect(context.tally).toMatchObject({ eligible: 5000, fired: gone })
    // 3.29 standard deviations: 1e-3.
    expect(Math.abs(gone / 5000 - 0.1)).toBeLessThan(3.29 * Math.sqrt((0.1 * 0.9) / 5000))
    expect(losing({ probability: 1 }).gone).toBe(5000)
    expect(losing({ probability: 0.01, burst: 10 }).gone).toBeGreaterThan(300)
  })
})

describe('what a loss should do', () => {
  const settingsOf = (raw: object): LossSettings => loss.parse(raw)
  const context = (bytes: number, changes = {}) => ({
    direction: 'downlink' as const,
    baseline: baselineOf({ responseBytes: { min: bytes, max: bytes } }),
    operations: 1000,
    ...changes,
  })

  it('is nothing to the median while few exchanges are hit, and unknown beyond', () => {
    const low = loss.expect(settingsOf({ probability: 0.02 }), context(1000))
    expect(low).toMatchObject({ delayMs: { lo: 0, hi: 0 }, firedShare: { lo: 0.02, hi: 0.02 }, errorShare: 0 })
    expect(loss.expect(settingsOf({ probability: 0.02 }), context(100_000)).delayMs).toBeNull()
    expect(loss.expect(settingsOf({ probability: 0.4 }), context(1000))).toMatchObject({
      delayMs: null,
      errorShare: null,
    })
  })

  it('is a failed attempt for each lost datagram, which did not arrive when it was lost uplink', () => {
    const [up, down] = (['uplink', 'downlink'] as const).map((direction) =>
      loss.expect(settingsOf({ probability: 0.1 }), context(64, { direction, datagrams: true })),
    )
    expect(up).toMatchObject({ errorShare: 0.1, errorClasses: ['lost'], undelivered: 1, delayMs: { lo: 0, hi: 0 } })
    expect(down).toMatchObject({ undelivered: 0 })
  })

  it('is a reset where that is asked for', () => {
    const settings = settingsOf({ probability: 0.1, tcp: { mode: 'reset' } })
    expect(loss.expect(settings, context(64))).toMatchObject({ errorShare: null, errorClasses: ['reset'] })
  })
})
