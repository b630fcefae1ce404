import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Result } from '../../../harness/archive/result.ts'
import { compareResults } from '../../../harness/compare/compare.ts'
import { exampleFile, exampleResult, type Mutable } from '../../fixtures/results/example.ts'

const base = { result: exampleResult(), sha256: 'aa', file: 'base.json' }

const changed = (change: (result: Mutable<Result>) => void) => {
  const result = exampleResult()
  change(result)
  return { result, sha256: 'bb' }
}

const rowOf = (comparison: ReturnType<typeof compareResults>, scope: string, metric: string) =>
  comparison.rows.find((row) => row.scope === scope && row.metric === metric)

test('a result compared with itself is the same in every row', () => {
  const comparison = compareResults(base, base)
  expect(comparison).toMatchObject({ verdict: 'same', exitCode: 0, notes: [], notCompared: [] })
  expect(comparison.rows.length).toBeGreaterThan(40)
  expect(new Set(comparison.rows.map(({ direction }) => direction))).toEqual(new Set(['same']))
  expect(new Set(comparison.fragility.map(({ ratio }) => ratio))).toEqual(new Set([1]))
})

test('one run of each decides nothing, however large the difference', () => {
  const next = changed(({ metrics }) => (metrics.requestsPerSecond = 1))
  expect(compareResults(base, next)).toMatchObject({ verdict: 'inconclusive', exitCode: 0 })
})

test('ratio, difference and direction are those of the numbers in the files', () => {
  const next = changed(({ phases }) => {
    const { operations, latencyMs, resources } = phases[0]!.arms[0]!
    operations.perSecond = 15_000
    latencyMs.p50 = 0.3
    Object.assign(operations, { ok: 29_700, failed: 300 })
    resources.target.cpuMs = 1600
  })
  const comparison = compareResults(base, next)
  const scope = 'baseline/baseline-direct'
  expect(rowOf(comparison, scope, 'requestsPerSecond')).toMatchObject({
    base: 20_000,
    next: 15_000,
    ratio: 0.75,
    difference: -5000,
    direction: 'worse',
    at: { base: ['/phases/0/arms/0/operations/perSecond'], next: ['/phases/0/arms/0/operations/perSecond'] },
  })
  // The slices hold 48 and 52 % of the operations: half of ln(52 / 48).
  expect(rowOf(comparison, scope, 'requestsPerSecond')?.spread.base).toBeCloseTo(Math.log(52 / 48) / 2, 5)
  const p50 = exampleResult().phases[0]!.arms[0]!.latencyMs.p50!
  expect(rowOf(comparison, scope, 'p50')).toMatchObject({ base: p50, next: 0.3, direction: 'worse' })
  expect(rowOf(comparison, scope, 'p50')?.ratio).toBeCloseTo(0.3 / p50, 5)
  expect(rowOf(comparison, scope, 'errorRate')).toMatchObject({
    base: 0,
    next: 0.01,
    ratio: null,
    difference: 0.01,
    direction: 'not comparable',
    why: 'the base is 0: there is no ratio to it',
  })
  // 2000 ms of CPU over 40,000 attempts, then 1600 ms.
  expect(rowOf(comparison, scope, 'cpuUsPerRequest')).toMatchObject({
    base: 50,
    next: 40,
    ratio: 0.8,
    direction: 'better',
  })
})

const formulas: Readonly<Record<string, (first: number, second: number) => number>> = {
  $1: (first) => first,
  '$1 / $2': (first, second) => first / second,
  '$1 / ($1 + $2)': (first, second) => first / (first + second),
  '1000 * $1 / $2': (first, second) => (1000 * first) / second,
}

test('every figure can be computed again from the file by its pointers and its formula', () => {
  const file = JSON.parse(readFileSync(exampleFile, 'utf8')) as unknown
  const at = (pointer: string): number =>
    pointer
      .split('/')
      .slice(1)
      .reduce((value, key) => (value as Record<string, unknown>)[key], file) as number
  const { rows, fragility } = compareResults(base, { ...base, sha256: 'bb' })
  for (const row of [...rows, ...fragility]) {
    const terms = row.at.base.map(at)
    const computed = formulas[row.formula]!(...(terms as [number, number]))
    expect(computed).toBeCloseTo(row.base!, 3)
  }
})

test('a policy is seen relative to its baseline in each run', () => {
  const next = changed(({ phases }) => {
    phases[0]!.arms[1]!.operations.perSecond = 5000
    phases[2]!.arms[2]!.operations.perSecond = 4000
  })
  const row = compareResults(base, next).fragility.find(({ scope }) => scope === 'policy.retry/policy-relay')
  // 13,000 / 15,000 over 1.5 s each, then 4,000 / 5,000.
  expect(row).toMatchObject({
    against: 'baseline/baseline-relay',
    base: 0.866667,
    next: 0.8,
    ratio: 0.923077,
    direction: 'worse',
    at: { next: ['/phases/2/arms/2/operations/perSecond', '/phases/0/arms/1/operations/perSecond'] },
  })
})

test('absolute figures of different hosts are listed and not compared; ratios within a run are', () => {
  const comparison = compareResults(
    base,
    changed(({ env }) => (env.hostFingerprint = 'another')),
  )
  expect(comparison.sameHost).toBe(false)
  expect(new Set(comparison.rows.map(({ why }) => why))).toEqual(new Set(['measured on different hosts']))
  expect(comparison.rows[0]!.base).toBe(20_000)
  expect(comparison.fragility[0]).toMatchObject({ direction: 'same', ratio: 1 })
})

test('what was measured in one of them only is named', () => {
  const comparison = compareResults(
    base,
    changed(({ phases }) => phases.pop()),
  )
  expect(comparison.notCompared).toEqual([{ what: 'stress/baseline-direct', why: 'only in the base' }])
  const missing = compareResults(
    base,
    changed(({ metrics }) => (metrics.rssDeltaKb = null)),
  )
  expect(rowOf(missing, 'run', 'rssDeltaKb')).toMatchObject({
    direction: 'not comparable',
    why: 'not measured in the new run',
  })
})

test('doubts and bad endings come with the rows', () => {
  const next = changed(({ doubts, run }) => {
    doubts.push({ kind: 'generator-saturated', detail: 'x', taints: ['throughput'], effect: 'note' })
    Object.assign(run, { verdict: 'fail', reasons: ['p99 too high'] })
  })
  const comparison = compareResults(base, next)
  expect(rowOf(comparison, 'run', 'requestsPerSecond')?.tainted).toEqual(['generator-saturated'])
  expect(rowOf(comparison, 'run', 'p50')?.tainted).toEqual([])
  expect(comparison.notes).toEqual(['the new run is no pass but fail: p99 too high'])
})

test('results of different profiles are refused with the places that differ', () => {
  const next = changed(({ config, env }) => {
    env.profileFingerprint = 'other'
    Object.assign(config.profile, { seed: 9, load: { model: 'closed', workers: 12, processes: 1 } })
  })
  expect(() => compareResults(base, next)).toThrow(
    expect.objectContaining({
      code: 'different-profiles',
      exitCode: 112,
      problems: [{ where: '/config/profile/load/workers', message: 'base 6, new 12' }],
    }),
  )
})

test('at most ten places are named, and the mode is one of them', () => {
  const next = changed(({ config, run, env }) => {
    run.mode = 'long'
    env.profileFingerprint = 'other'
    config.profile = { load: Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`k${index}`, index])) }
  })
  expect(() => compareResults(base, next)).toThrow(
    expect.objectContaining({
      hint: expect.stringMatching(/^\d+ more places differ\./u) as string,
      problems: expect.objectContaining({
        length: 10,
        0: { where: '/run/mode', message: 'base "smoke", new "long"' },
      }) as object,
    }),
  )
})

test('results without a common arm are refused', () => {
  expect(() =>
    compareResults(
      base,
      changed((result) => (result.phases = [])),
    ),
  ).toThrow(expect.objectContaining({ code: 'nothing-in-common', exitCode: 112 }))
})
