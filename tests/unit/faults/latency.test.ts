import { describe, expect, it } from 'vitest'
import { type DistributionName } from '../../../harness/faults/distribution.ts'
import { latency, type LatencySettings } from '../../../harness/faults/latency.ts'
import { baselineOf } from '../../support/facts.ts'
import {
  datagramOf,
  leaveOrder,
  passed,
  pieceOf,
  stageContext,
  type StageContextOptions,
} from '../../support/stage-context.ts'

const settingsOf = (changes: Partial<LatencySettings>): LatencySettings => ({
  delayNs: 40e6,
  jitterNs: 0,
  distribution: 'uniform',
  correlation: 0,
  ...changes,
})

/** The delays of so many messages of one connection. */
function draws(changes: Partial<LatencySettings>, count: number, options: StageContextOptions = {}) {
  const context = stageContext(options)
  const stage = latency.stream!(settingsOf(changes), context)
  const delaysNs = Array.from({ length: count }, (_, message) => {
    const [piece] = passed(stage, pieceOf(1, { arrivedNs: message * 1e9, message }))
    return piece!.dueNs - message * 1e9
  })
  return { delaysNs, context }
}

function momentsOf(values: readonly number[]) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
  const lagged = values.slice(1).reduce((sum, value, at) => sum + (value - mean) * (values[at]! - mean), 0)
  return { mean, sigma: Math.sqrt(variance), lag1: lagged / values.length / variance }
}

const context = (operations: number) => ({ direction: 'downlink' as const, baseline: baselineOf({}), operations })

describe('latency settings', () => {
  it.each([
    [{ delay: '40ms' }, settingsOf({})],
    [{ delay: '40ms', jitter: '5ms' }, settingsOf({ jitterNs: 5e6 })],
    [{ delay: '0.5ms' }, settingsOf({ delayNs: 500_000 })],
    [
      { delay: '2m', jitter: '1ms', distribution: 'pareto', correlation: '25%' },
      { delayNs: 120e9, jitterNs: 1e6, distribution: 'pareto', correlation: 0.25 },
    ],
  ])('%j are plain nanoseconds', (raw, settings) => {
    expect(latency.parse(raw)).toEqual(settings)
  })

  it.each([
    [{ delay: '0ms' }, false],
    [{ delay: '0ms', jitter: '1ms' }, true],
    [{ delay: '1ms' }, true],
  ])('%j act: %s', (raw, active) => {
    expect(latency.active(latency.parse(raw))).toBe(active)
  })

  it.each([
    [{ delay: '1ms', correlation: '25%' }, 'found correlation "25%" without jitter, allowed: only with a jitter'],
    [
      { delay: '1ms', distribution: 'pareto' },
      'found distribution "pareto" without jitter, allowed: only with a jitter',
    ],
    [{ delay: '1ms', jitter: '1ms', correlation: 1 }, 'found correlation 1, allowed: from 0 to below 1'],
  ])('%j are refused, since they would change nothing or never vary (P12)', (raw, message) => {
    expect(() => latency.parse(raw)).toThrow(message)
  })
})

describe('a latency', () => {
  it('without jitter is the same for every message (F20)', () => {
    expect(new Set(draws({}, 50).delaysNs)).toEqual(new Set([40e6]))
  })

  it.each([['200us'], ['90s']])('of %s acts as it is (P12)', (delay) => {
    const settings = latency.parse({ delay })
    expect(draws(settings, 3).delaysNs).toEqual([settings.delayNs, settings.delayNs, settings.delayNs])
  })

  it('is part of the round trip before anything has come its way', () => {
    const fake = stageContext()
    latency.stream!(settingsOf({}), fake)
    expect(fake.delays).toEqual([40e6])
  })

  it('is drawn once for all pieces of a message, and counted once (F20, P6)', () => {
    const fake = stageContext()
    const stage = latency.stream!(settingsOf({ jitterNs: 5e6 }), fake)
    const due = [1, 2, 3].flatMap(() => passed(stage, pieceOf(1000, { message: 1 }))).map(({ dueNs }) => dueNs)
    expect(new Set(due).size).toBe(1)
    expect(passed(stage, pieceOf(1000, { message: 2 }))[0]!.dueNs).not.toBe(due[0])
    expect(fake.tally).toEqual({ eligible: 2, fired: 2, bytes: 4000 })
    // The first is what it tells before anything has come.
    expect(fake.delays).toHaveLength(3)
  })

  it('delays the end of a stream too, without jitter', () => {
    const stage = latency.stream!(settingsOf({ jitterNs: 5e6 }), stageContext())
    expect(stage.end!(7e6)).toBe(47e6)
  })

  it('delays concurrent connections each by itself', () => {
    const first = stageContext()
    const [a, b] = [first, stageContext({ sharedWith: first })].map((one) => latency.stream!(settingsOf({}), one))
    expect([passed(a!, pieceOf(10))[0]!.dueNs, passed(b!, pieceOf(10))[0]!.dueNs]).toEqual([40e6, 40e6])
  })

  it('with jitter is uniform around its delay (F21, L8)', () => {
    const { delaysNs } = draws({ jitterNs: 5e6 }, 20_000)
    const tenths = Array.from({ length: 10 }, () => 0)
    for (const ns of delaysNs) tenths[Math.floor((ns - 35e6) / 1e6)]!++
    // Chi-squared with 9 degrees of freedom: 27.9 is its 99.9th percentile.
    expect(tenths.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0)).toBeLessThan(27.9)
    expect(Math.min(...delaysNs)).toBeGreaterThanOrEqual(35e6)
    expect(Math.max(...delaysNs)).toBeLessThanOrEqual(45e6)
  })

  it.each<[DistributionName, { mean: number; sigma: number; least: number; most: number }]>([
    ['uniform', { mean: 0, sigma: 1 / Math.sqrt(3), least: -1, most: 1 }],
    ['normal', { mean: 0, sigma: 1, least: -4, most: 4 }],
    ['pareto', { mean: -0.0329, sigma: 0.8209, least: -2 / 3, most: 4 }],
  ])('with %s jitter has its mean within 2 % and its deviation within 5 % (F21)', (distribution, shape) => {
    const jitterNs = 8e6
    const { delaysNs } = draws({ jitterNs, distribution }, 20_000)
    const { mean, sigma } = momentsOf(delaysNs)
    expect(Math.abs(mean / (40e6 + shape.mean * jitterNs) - 1)).toBeLessThan(0.02)
    expect(Math.abs(sigma / (shape.sigma * jitterNs) - 1)).toBeLessThan(0.05)
    expect(Math.min(...delaysNs)).toBeGreaterThanOrEqual(40e6 + shape.least * jitterNs)
    expect(Math.max(...delaysNs)).toBeLessThanOrEqual(40e6 + shape.most * jitterNs)
  })

  it.each<[DistributionName, number, number]>([
    ['uniform', 40e6, 0.25],
    ['uniform', 40e6, 0.9],
    ['normal', 40e6, 0.5],
    ['pareto', 40e6, 0.5],
    ['pareto', 40e6, 0.8],
    // A good half of these is cut at 0.
    ['normal', 0, 0.5],
  ])(
    'with %s jitter around %i ns has the correlation asked for and the distribution kept: %f',
    (distribution, delayNs, correlation) => {
      const jitterNs = 8e6
      const free = momentsOf(draws({ delayNs, jitterNs, distribution }, 40_000).delaysNs)
      const bound = momentsOf(draws({ delayNs, jitterNs, distribution, correlation }, 60_000, { seed: 9 }).delaysNs)
      expect(Math.abs(bound.lag1 - correlation)).toBeLessThan(0.03)
      expect(Math.abs(free.lag1)).toBeLessThan(0.03)
      expect(Math.abs(bound.mean - free.mean)).toBeLessThan(0.12 * free.sigma)
      expect(Math.abs(bound.sigma / free.sigma - 1)).toBeLessThan(0.06)
    },
  )

  it('is never below 0, and fires only where it delays', () => {
    const changes = { delayNs: 1e6, jitterNs: 4e6 }
    const { delaysNs, context: fake } = draws(changes, 10_000)
    expect(Math.min(...delaysNs)).toBe(0)
    expect(fake.tally.eligible).toBe(10_000)
    expect(fake.tally.fired).toBe(delaysNs.filter((ns) => ns > 0).length)
    expect(fake.tally.bytes).toBe(fake.tally.fired)
    expect(fake.tally.fired / fake.tally.eligible).toBeCloseTo(
      latency.expect(settingsOf(changes), context(1)).firedShare!.lo,
      1,
    )
  })

  it('is the same again from the same seed, and another from another (F21)', () => {
    const jittered = { jitterNs: 5e6, correlation: 0.3 }
    const delaysOf = (seed: number) => draws(jittered, 20, { seed }).delaysNs
    expect(delaysOf(7)).toEqual(delaysOf(7))
    expect(delaysOf(7)).not.toEqual(delaysOf(8))
  })

  it('grows with a ramp, delay and jitter alike', () => {
    const full = draws({ jitterNs: 5e6 }, 20).delaysNs
    const half = draws({ jitterNs: 5e6 }, 20, { strength: 0.5 }).delaysNs
    expect(half).toEqual(full.map((ns) => Math.round(ns / 2)))
  })

  it('lets datagrams overtake each other, each with a draw of its own (F21)', () => {
    const fake = stageContext()
    const stage = latency.datagram!(settingsOf({ jitterNs: 20e6 }), fake)
    const names = Array.from({ length: 50 }, (_, at) => String(at))
    const out = names.flatMap((name, at) => passed(stage, datagramOf(name, at * 1e6)))
    expect(leaveOrder(out)).not.toEqual(names)
    expect(leaveOrder(out).toSorted()).toEqual(names.toSorted())
    expect(fake.tally).toMatchObject({ eligible: 50, fired: 50 })
  })
})

describe('what a latency should do', () => {
  it('is exactly its delay without jitter', () => {
    expect(latency.expect(settingsOf({}), context(100))).toEqual({
      delayMs: { lo: 40, hi: 40 },
      firedShare: { lo: 1, hi: 1 },
      errorShare: 0,
      errorClasses: [],
      undelivered: 0,
    })
  })

  it('allows a median of few draws to stray, and one of many hardly', () => {
    const few = latency.expect(settingsOf({ jitterNs: 5e6 }), context(16)).delayMs!
    const many = latency.expect(settingsOf({ jitterNs: 5e6 }), context(160_000)).delayMs!
    expect(few.lo).toBeCloseTo(40 - 4.875, 6)
    expect(many.hi - many.lo).toBeLessThan(0.1)
  })

  it.each<[DistributionName]>([['uniform'], ['normal'], ['pareto']])(
    'holds the median of its own %s draws',
    (distribution) => {
      const changes = { jitterNs: 5e6, distribution }
      const { lo, hi } = latency.expect(settingsOf(changes), context(101)).delayMs!
      for (let seed = 0; seed < 100; seed++) {
        const { delaysNs } = draws(changes, 101, { seed })
        const medianMs = delaysNs.toSorted((a, b) => a - b)[50]! / 1e6
        expect(medianMs).toBeGreaterThan(lo)
        expect(medianMs).toBeLessThan(hi)
      }
    },
  )

  it('says how many are delayed at all, but not of draws that hang together', () => {
    const some = settingsOf({ delayNs: 1e6, jitterNs: 4e6 })
    expect(latency.expect(some, context(1)).firedShare!.lo).toBeCloseTo(0.625, 6)
    expect(latency.expect({ ...some, correlation: 0.5 }, context(1)).firedShare).toBeNull()
  })
})
