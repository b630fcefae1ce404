import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { differencesOf } from '../../../../harness/judge/paired/differences.ts'
import { heldTo, metricNames, metricsOf, pairedMetrics } from '../../../../harness/judge/paired/metrics.ts'
import type { PairedSlice, Pairing, Round } from '../../../../harness/judge/paired/slice.ts'

const pairing: Pairing = { policy: 'p', against: 'b', arms: ['p'], baseArms: ['b', 'c'] }

function slice(arm: string, changes: Partial<PairedSlice> = {}): PairedSlice {
  const latencyMs = { p50: 1, p95: 2, p99: 4 }
  const held = { rssKb: 60_000, heapKb: 40_000 }
  const counts = { durationMs: 1000, ok: 1000, failed: 0, latencyMs, slow: 10, cpuMs: 500, throughput: true }
  return { arm, ...counts, ...held, ...changes }
}

function p50(arm: string, ms: number): PairedSlice {
  return slice(arm, { latencyMs: { p50: ms, p95: 2 * ms, p99: 4 * ms } })
}

/** The one difference of a metric of a round with slices of these arms in this order, each with a logarithm. */
function differenceOf(
  order: readonly (readonly [arm: string, logarithm: number])[],
  metric: 'cpu' | 'p50' = 'cpu',
): number {
  const slices = order.map(([arm, logarithm]) => ({
    ...p50(arm, Math.exp(logarithm)),
    cpuMs: 500 * Math.exp(logarithm),
  }))
  return differencesOf([{ slices }], pairing, metric).values[0] ?? Number.NaN
}

describe('the difference of two arms in a round', () => {
  test.each([
    ['throughput', { ok: 900 }, Math.log(1000 / 900)],
    ['p50', { latencyMs: { p50: 1.1, p95: 2, p99: 4 } }, Math.log(1.1)],
    ['p95', { latencyMs: { p50: 1, p95: 2.2, p99: 4 } }, Math.log(1.1)],
    ['p99', { latencyMs: { p50: 1, p95: 2, p99: 4.4 } }, Math.log(1.1)],
    ['slow', { slow: 15 }, 0.005],
    ['errors', { ok: 998, failed: 2 }, 0.002],
    ['cpu', { cpuMs: 550 }, Math.log(1.1)],
    ['rss', { rssKb: 66_000 }, Math.log(1.1)],
    ['heap', { heapKb: 44_000 }, Math.log(1.1)],
  ] as const)('is positive where %s is worse', (metric, worse, difference) => {
    const { values } = differencesOf([{ slices: [slice('b'), slice('p', worse)] }], pairing, metric)
    expect(values).toEqual([Number(difference.toPrecision(6))])
  })

  test('takes pairs of slices by how near they lie, e times less for every two places', () => {
    const near = Math.exp(-1 / 2)
    const far = Math.exp(-3 / 2)
    const order = [
      ['b', 0.3],
      ['p', 0],
      ['x', 9],
      ['x', 9],
      ['p', 0.2],
    ] as const
    expect(differenceOf(order)).toBeCloseTo(
      ((0 - 0.3) * near + (0.2 - 0.3) * Math.exp(-4 / 2)) / (near + Math.exp(-2)),
      6,
    )
    expect(
      differenceOf([
        ['p', 1],
        ['b', 0],
        ['x', 0],
        ['c', 3],
      ]),
    ).toBeCloseTo((1 * near - 2 * far) / (near + far), 6)
  })

  test.each(['cpu', 'p50'] as const)('is nothing of %s on average over all orders, whatever the noise', (metric) => {
    const noise = [0.31, -0.12, 0.05, 0.4, 0.77, -0.3]
    const choices = Array.from({ length: 2 ** noise.length }, (_, bits) => noise.map((_unused, at) => (bits >> at) & 1))
    const even = choices.filter((choice) => choice.filter(Boolean).length === 3)
    const differences = even.map((choice) =>
      differenceOf(
        choice.map((of, at) => [of ? 'p' : 'b', noise[at]!]),
        metric,
      ),
    )
    expect(differences).toHaveLength(20)
    expect(differences.reduce((sum, one) => sum + one, 0) / 20).toBeCloseTo(0, 6)
  })

  const logarithm = fc.integer({ min: -300, max: 300 }).map((value) => value / 1000)
  const order = fc
    .array(fc.tuple(fc.constantFrom('p', 'b', 'x'), logarithm), { minLength: 2, maxLength: 12 })
    .filter((slices) => slices.some(([arm]) => arm === 'p') && slices.some(([arm]) => arm === 'b'))

  test.each(['cpu', 'p50'] as const)('of %s changes its sign when the arms change their names', (metric) => {
    const other: Readonly<Record<string, string>> = { p: 'b', b: 'p', x: 'x' }
    fc.assert(
      fc.property(order, (slices) => {
        const swapped = slices.map(([arm, value]) => [other[arm]!, value] as const)
        expect(differenceOf(swapped, metric)).toBeCloseTo(-differenceOf(slices, metric), 6)
      }),
      { numRuns: 100, seed: 6 },
    )
  })

  test.each(['cpu', 'p50'] as const)('of %s grows by what all slices of the judged arm grow by', (metric) => {
    fc.assert(
      fc.property(order, logarithm, (slices, more) => {
        const grown = slices.map(([arm, value]) => [arm, arm === 'p' ? value + more : value] as const)
        expect(differenceOf(grown, metric)).toBeCloseTo(differenceOf(slices, metric) + more, 5)
      }),
      { numRuns: 100, seed: 6 },
    )
  })

  test.each(['p50', 'p95', 'p99'] as const)('is of %s not that of one stalled slice of eight', (metric) => {
    const stalled = slice('p', { latencyMs: { p50: 40, p95: 60, p99: 80 } })
    const calm = ['b', 'p', 'p', 'c', 'b', 'p', 'c'].map((arm) => slice(arm))
    for (let at = 0; at <= calm.length; at += 1) {
      const { values, uncut } = differencesOf([{ slices: calm.toSpliced(at, 0, stalled) }], pairing, metric)
      expect(Math.abs(values[0]!)).toBeLessThan(0.25 * uncut[0]!)
      expect(uncut[0]!).toBeGreaterThan(0.4)
    }
  })
})

describe('what processes hold', () => {
  const builds: Pairing = { policy: 'p', against: 'b', arms: ['p', 'q'], baseArms: ['b', 'c'] }
  const held = (arm: string, rssKb: number | null): PairedSlice => slice(arm, { rssKb, heapKb: null })
  const differenceIn = (slices: readonly PairedSlice[]) => differencesOf([{ slices }], builds, 'rss').values

  test('is compared by what each came to at the end of the round, whatever it was before', () => {
    const early = [held('p', 900_000), held('b', 50_000), held('q', 70_000), held('c', 50_000)]
    const late = [held('b', 100_000), held('p', 110_000), held('c', 100_000), held('q', 130_000)]
    expect(differenceIn([...early, ...late])).toEqual([Number(((Math.log(1.1) + Math.log(1.3)) / 2).toPrecision(6))])
  })

  test('is of many slices the median of the last quarter, so that one reading is not all', () => {
    const rising = Array.from({ length: 12 }, (_, index) => held('p', index === 11 ? 900_000 : 110_000))
    const level = [...Array.from({ length: 12 }, () => held('b', 100_000)), held('q', 110_000), held('c', 100_000)]
    expect(differenceIn([...rising, ...level])).toEqual([Number(Math.log(1.1).toPrecision(6))])
  })

  test('is the same where they lie less than 2 MiB apart', () => {
    const of = (kb: number) => differenceIn([held('p', kb), held('q', kb), held('b', 10_000), held('c', 10_000)])
    expect([of(12_047), of(7953)]).toEqual([[0], [0]])
    expect(of(12_049)).toEqual([Number(Math.log(1.2049).toPrecision(6))])
  })

  test('may grow by no more than 32 MiB, however large the process is, unless the calibrated floor is more', () => {
    const usual = { noise: 0, floor: pairedMetrics.rss.floor, margin: pairedMetrics.rss.margin }
    expect(heldTo(usual, 'rss', 60_000)).toEqual(usual)
    const large = { noise: 0, floor: Math.log1p(0.032), margin: Math.log1p(0.032) }
    expect(heldTo(usual, 'rss', 1024 * 1000)).toEqual(large)
    expect(heldTo({ ...usual, noise: 0.04 }, 'heap', 1024 * 1000)).toEqual({ ...large, noise: 0.04, floor: 0.04 })
    expect(heldTo({ ...usual, floor: 0.08 }, 'rss', 1024 * 1000)).toEqual({ ...large, floor: 0.08 })
    expect([heldTo(usual, 'cpu', 1024 * 1000), heldTo(usual, 'rss', null)]).toEqual([usual, usual])
  })

  test('is told of pairs whose slices tell it, and of no other', () => {
    const rounds = [{ slices: [held('p', 1), slice('b', { heapKb: 5 }), slice('x')] }]
    expect(metricsOf(rounds, builds)).toEqual(metricNames)
    expect(metricsOf(rounds, { ...builds, baseArms: ['c'] })).toEqual(metricNames.filter((name) => name !== 'heap'))
    expect(metricsOf(rounds, pairing)).toContain('throughput')
    expect(metricsOf([{ slices: [slice('x'), held('b', null)] }], pairing)).not.toContain('rss')
  })
})

describe('rounds that lack something', () => {
  const healthy: Round = { slices: [slice('b'), slice('p')] }

  test('are missing where one of the two has no figure, and the others keep their order', () => {
    const rounds = [healthy, { slices: [slice('b')] }, { slices: [p50('b', 1), p50('p', 2)] }, { slices: [slice('p')] }]
    expect(differencesOf(rounds, pairing, 'p50')).toEqual({
      values: [0, 0.693147],
      uncut: [0, 0.693147],
      missing: 2,
      base: 1,
      value: 1.41421,
    })
  })

  test('have no figures at all where nothing was compared', () => {
    const nothing = { values: [], uncut: [], missing: 1, base: null, value: null }
    expect(differencesOf([{ slices: [slice('x')] }], pairing, 'p50')).toEqual(nothing)
    expect(differencesOf([{ slices: [slice('b'), slice('p', { cpuMs: null })] }], pairing, 'cpu')).toEqual(nothing)
    expect(differencesOf([{ slices: [slice('b'), slice('p', { slow: null })] }], pairing, 'slow')).toEqual(nothing)
  })

  test('have no throughput of slices at a fixed rate', () => {
    const slices = [slice('b'), slice('p'), slice('p', { ok: 1, throughput: false })]
    expect(differencesOf([{ slices }], pairing, 'throughput').values).toEqual([0])
  })

  test('have no ratio of a latency of nothing', () => {
    expect(differencesOf([{ slices: [p50('b', 0), p50('p', 1)] }], pairing, 'p50').values).toEqual([])
    expect(differencesOf([{ slices: [p50('b', 1), p50('b', 0), p50('p', 1)] }], pairing, 'p50').values).toEqual([0])
  })

  test('show how bad an arm is that got nothing done, but make no equals of two that did not', () => {
    const dead = { ok: 0, failed: 50, latencyMs: null }
    const policyDead: Round = { slices: [slice('b'), slice('p', dead)] }
    const baseDead: Round = { slices: [slice('b', dead), slice('p')] }
    const bothDead: Round = { slices: [slice('b', dead), slice('p', dead)] }
    expect(differencesOf([policyDead], pairing, 'throughput').values).toEqual([7.6009])
    for (const metric of ['throughput', 'p50', 'cpu'] as const)
      expect(differencesOf([baseDead, bothDead], pairing, metric)).toMatchObject({ values: [], missing: 2 })
    expect(differencesOf([policyDead, baseDead, bothDead], pairing, 'errors').values).toEqual([1, -1, 0])
  })

  test('have no share of a slice without operations', () => {
    const rounds = [{ slices: [slice('b'), slice('p', { ok: 0, latencyMs: null })] }]
    expect(differencesOf(rounds, pairing, 'errors').values).toEqual([])
  })
})
