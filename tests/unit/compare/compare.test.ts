import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Result } from '../../../harness/archive/result.ts'
import { compareResults } from '../../../harness/compare/compare.ts'
import { exampleFile, exampleResult, type Mutable, scheduledResult } from '../../fixtures/results/example.ts'
import { gatedResult } from '../../fixtures/results/gated.ts'

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

test('one round of each decides nothing, however large the difference', () => {
  const next = changed(({ metrics }) => (metrics.requestsPerSecond = 1))
  expect(compareResults(base, next)).toMatchObject({
    verdict: 'undecided',
    why: 'one round tells no difference from chance',
    exitCode: 0,
  })
})

/** What is known of a machine whose runs of one build differ by 1 % beyond what their rounds tell. */
const noise = { runs: 20, bias: 0, deviation: 0.01, between: 0.01, perRound: 0.02, noise: 0.02, floor: 0.03 }
const known = { name: 'c', runs: 20, metrics: { throughput: noise } }

const gated = (client: number, change: (result: Mutable<Result>) => void = () => {}) => {
  const result = gatedResult(24, { client: { throughput: client } })
  result.gate!.calibration = { process: known, build: null }
  // Where the gate may not fail by it, what it costs is told all the same.
  Object.assign(result.run, { verdict: 'pass', exitCode: 0, reasons: [] })
  change(result)
  return { result, sha256: `${client} ${result.run.id}` }
}

describe('runs of many rounds with a calibration', () => {
  const row = ({ compared }: ReturnType<typeof compareResults>) =>
    compared.find(({ scope, metric }) => scope === 'policy.retry/client-direct' && metric === 'throughput')

  test('fail by a policy that costs a tenth more, with the error of both and of what runs differ by', () => {
    const comparison = compareResults(gated(0.02), gated(0.12))
    expect(comparison).toMatchObject({ verdict: 'fail', exitCode: 111 })
    expect(comparison.why).toMatch(
      /^throughput of policy\.retry\/client-direct against \S+ is 9\.\d+ % worse for its baseline than in the reference/u,
    )
    expect(row(comparison)).toMatchObject({ gated: true, by: 'calibration', references: 1 })
    expect(row(comparison)?.estimate).toBeCloseTo(0.1, 2)
    expect(row(comparison)?.error).toBeCloseTo(Math.sqrt(2) * 0.01, 3)
    expect(comparison.exact.map(({ metric, gated: decides }) => [metric, decides])).toContainEqual(['throughput', true])
  })

  test('pass where they are alike, and not by less than they can tell', () => {
    expect(
      compareResults(
        gated(0.05),
        gated(0.05, ({ run }) => (run.id = 'x')),
      ),
    ).toMatchObject({ exitCode: 0 })
    const unsure = compareResults(gated(0.02), gated(0.05))
    expect(unsure).toMatchObject({ verdict: 'inconclusive', exitCode: 0 })
    expect(row(unsure)?.mde).toBeGreaterThan(0.05)
  })

  test('decide nothing of a base that failed, is void, or was measured elsewhere', () => {
    const failed = gated(0.02, ({ run }) => Object.assign(run, { verdict: 'fail', exitCode: 99, reasons: ['p99'] }))
    expect(compareResults(failed, gated(0.12))).toMatchObject({
      verdict: 'undecided',
      why: 'the base is nothing to compare with: it is no pass but fail: p99',
      exitCode: 112,
    })
    const elsewhere = compareResults(
      gated(0.02),
      gated(0.12, ({ env }) => (env.hostFingerprint = 'other')),
    )
    expect(elsewhere).toMatchObject({ verdict: 'undecided', why: 'measured on different hosts', exitCode: 0 })
    expect(row(elsewhere)?.advisory).toBe('measured on different hosts')
  })

  test('end with 114 where the new run is void, or was ended early, and with the answer where only its gate was blind', () => {
    const doubted = (kind: string) =>
      gated(0.12, ({ run, doubts }) => {
        Object.assign(run, { verdict: 'void', exitCode: 114 })
        doubts.push({ kind, detail: 'x', taints: ['p99'], effect: 'void' })
      })
    expect(compareResults(gated(0.02), doubted('baseline-differs'))).toMatchObject({
      verdict: 'undecided',
      why: 'the run is void: baseline-differs',
      exitCode: 114,
    })
    expect(compareResults(doubted('baseline-differs'), gated(0.13))).toMatchObject({ exitCode: 112 })
    expect(compareResults(gated(0.02), doubted('gate-blind'))).toMatchObject({ verdict: 'fail', exitCode: 111 })
    const ended = gated(0.12, ({ run }) => (run.abortedBy = 'signal'))
    expect(compareResults(gated(0.02), ended)).toMatchObject({ why: 'the run was ended early', exitCode: 114 })
  })

  test('are held to the larger noise of their two calibrations, and to none where one of them has none', () => {
    const held = (client: number, name: string, between: number) =>
      gated(client, ({ gate }) => {
        const metrics = { throughput: { ...noise, between } }
        gate!.calibration.process = { ...known, name, metrics } as never
      })
    const errors = [
      [0.01, 0.03],
      [0.03, 0.01],
    ].map(([first = 0, second = 0]) => {
      const comparison = compareResults(held(0.02, 'a', first), held(0.12, 'b', second))
      expect(comparison.notes).toEqual([
        'the two were held to different calibrations (a, b): what counts is the larger noise of the two',
      ])
      return row(comparison)?.error
    })
    expect(errors[0]).toBeCloseTo(Math.sqrt(2) * 0.03, 3)
    expect(errors[1]).toBe(errors[0])
    const bare = gated(0.02, ({ gate }) => (gate!.calibration.process = null))
    const comparison = compareResults(bare, gated(0.12))
    expect(comparison).toMatchObject({ verdict: 'undecided', exitCode: 0 })
    expect(comparison.notes).toContain('only the new run is calibrated, and the base is not: no calibration counts')
  })

  const beside = (value: number, name = 'yardstick@1') =>
    gated(0.02, (result) => {
      const pairing = {
        policy: 'baseline/baseline-direct',
        against: 'baseline/yardstick-direct',
        arms: [],
        baseArms: [],
      }
      result.gate!.yardstick = { name, pairing }
      const perRound = [value - 0.001, value, value + 0.001]
      result.comparisons.push({ ...result.comparisons[0]!, ...pairing, metric: 'throughput', perRound })
      result.run.id = `${value} ${name}`
    })

  test('fail by the speed where five results beside the base tell what nights differ by, and say where they do not', () => {
    const nights = [0.1, 0.11, 0.09, 0.105, 0.095].map((value) => beside(value))
    const [base, slow] = [beside(0.1), beside(0.3)]
    const known = compareResults(base, slow, nights)
    expect(known).toMatchObject({
      verdict: 'fail',
      exitCode: 111,
      history: { length: 5, 0: { id: '0.1 yardstick@1' } },
    })
    expect(known.why).toMatch(
      /^throughput of baseline\/baseline-direct against yardstick@1 is 18\.1 % worse than in the reference/u,
    )
    const unknown = compareResults(base, slow, nights.slice(1))
    expect(unknown).toMatchObject({ verdict: 'pass', exitCode: 0 })
    expect(unknown.why).toBe(
      'none of 1 figures is worse by what matters; nothing is decided of speed: 4 of 5 results that tell what is chance',
    )
  })

  test('come to no answer where the speed was measured beside another yardstick', () => {
    const nights = [0.1, 0.11, 0.09, 0.105, 0.095].map((value) => beside(value))
    const comparison = compareResults(beside(0.1), beside(0.1, 'yardstick@2'), nights)
    expect(comparison.verdict).toBe('inconclusive')
    expect(comparison.notes).toContain(
      'measured beside different yardsticks (yardstick@1, yardstick@2): their speed is not compared',
    )
    expect(comparison.why).toContain('against yardstick@1 is not compared: measured in the reference only')
  })
})

test('ratio, difference and direction are those of the numbers in the files (P31, P76)', () => {
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
  expect(comparison.notCompared).toEqual([
    { what: 'stress/baseline-direct', why: 'only in the base' },
    { what: 'files of stress/baseline-direct', why: 'measured in the reference only' },
  ])
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

const scheduled = (change: (result: Mutable<Result>) => void = () => {}) => {
  const result = scheduledResult()
  change(result)
  return { result, sha256: 'cc' }
}

test('with a schedule on both sides, latency is compared from the intended start, under names of its own', () => {
  const next = scheduled(({ phases, metrics }) => {
    const arm = phases[0]!.arms[0]!
    arm.correctedLatencyMs!.p99 = 2 * arm.correctedLatencyMs!.p99!
    // What only the service time says is not compared.
    arm.latencyMs.p99 = arm.latencyMs.p99! / 2
    metrics.correctedLatencyMs!.p50 = 1
  })
  const comparison = compareResults(scheduled(), next)
  const scope = 'baseline/baseline-direct'
  expect(rowOf(comparison, scope, 'correctedP99')).toMatchObject({
    unit: 'ms',
    ratio: 2,
    direction: 'worse',
    at: { base: ['/phases/0/arms/0/correctedLatencyMs/p99'] },
  })
  expect(rowOf(comparison, 'run', 'correctedP50')).toMatchObject({
    base: 2,
    next: 1,
    at: { next: ['/metrics/correctedLatencyMs/p50'] },
  })
  const names = new Set([...comparison.rows, ...comparison.fragility].map(({ metric }) => metric))
  expect([...names].filter((name) => /p\d/iu.test(name))).toEqual(['correctedP50', 'correctedP90', 'correctedP99'])
  expect(comparison.fragility.find(({ metric }) => metric === 'correctedP50')?.ratio).toBe(1)
})

test('where one of them has no schedule, service time is compared with service time, and that is told', () => {
  for (const [first, second, why] of [
    [base, scheduled(), 'only in the new run'],
    [scheduled(), base, 'only in the base'],
  ] as const) {
    const comparison = compareResults(first, second)
    const row = rowOf(comparison, 'baseline/baseline-direct', 'p50')
    expect(row).toMatchObject({
      ratio: 1,
      at: { base: ['/phases/0/arms/0/latencyMs/p50'], next: ['/phases/0/arms/0/latencyMs/p50'] },
    })
    // The slices of the scheduled one have latencies from the intended start only.
    const [known, unknown] = first === base ? (['base', 'next'] as const) : (['next', 'base'] as const)
    expect(row?.spread[known]).not.toBeNull()
    expect(row?.spread[unknown]).toBeNull()
    expect([...comparison.rows, ...comparison.fragility].some(({ metric }) => metric.startsWith('corrected'))).toBe(
      false,
    )
    expect(comparison.notCompared).toContainEqual({ what: 'baseline/baseline-direct corrected latency', why })
  }
})

test('a policy with no latency from the intended start is not held against a baseline that has one', () => {
  const half = scheduled(({ phases }) => {
    for (const arm of phases[0]!.arms) arm.correctedLatencyMs = null
  })
  const metrics = compareResults(half, half).fragility.map(({ metric }) => metric)
  expect(new Set(metrics)).toEqual(new Set(['requestsPerSecond', 'p50', 'p90', 'p99']))
})

test('the spread of throughput is over slices that serve it, that of latency over the others', () => {
  const mixed = scheduled(({ slices }) => {
    const own = slices.filter(({ phase, arm, path }) => phase === 'baseline' && arm === 'baseline' && path === 'direct')
    const [first, second] = own
    slices.push(
      { ...first!, use: 'throughput', ok: 1000, durationMs: 1000, p50: 9 },
      { ...first!, use: 'throughput', ok: 2000, durationMs: 1000, p50: 90 },
    )
    Object.assign(first!, { use: 'latency', ok: 1, p50: 1 })
    Object.assign(second!, { use: 'latency', ok: 100, p50: 4 })
  })
  const comparison = compareResults(mixed, mixed)
  const spreadOf = (metric: string) => rowOf(comparison, 'baseline/baseline-direct', metric)?.spread.base
  expect(spreadOf('requestsPerSecond')).toBeCloseTo(Math.log(2) / 2, 5)
  expect(spreadOf('correctedP50')).toBeCloseTo(Math.log(4) / 2, 5)
})
