import { describe, expect, test } from 'vitest'
import type { ArmVerdict } from '../../../../harness/judge/arm-verdict.ts'
import { isBroken, nothing } from '../../../../harness/judge/limits.ts'
import { holdThresholds } from '../../../../harness/judge/thresholds/hold.ts'
import type { ResourceSlope } from '../../../../harness/judge/thresholds/resources.ts'
import { watchThresholds } from '../../../../harness/judge/thresholds/watch.ts'
import { watchWindows } from '../../../../harness/judge/windows.ts'
import type { Profile } from '../../../../harness/profile/profile.ts'
import { parseThresholds, type RawThresholds } from '../../../../harness/profile/threshold-settings.ts'
import { windowAt, type WindowShape } from '../../../support/stress-windows.ts'

const figures = {
  judgedLatencyMs: { count: 9, min: 1, mean: 2, p50: 2, p90: 3, p95: 4, p99: 5, p999: 6, max: 6 },
  percentileMs: () => 5,
  errorRate: 0,
  okPerSecond: 100,
  failed: 0,
  ended: 100,
  degraded: 0,
}
const arms = ['baseline/baseline-direct', 'stress.long'].map((id) => ({ arm: { id, path: 'direct' }, figures }))

interface Situation {
  readonly windows?: readonly WindowShape[]
  readonly seconds?: number
  readonly slope?: ResourceSlope | null
  readonly whyNone?: string | null
}

/** Holds thresholds against two clean arms and windows of a second. */
function hold(raw: RawThresholds, { windows = [], seconds = 600, slope, whyNone = null }: Situation = {}) {
  const mode = { name: 'long', durationNs: seconds * 1e9 }
  const profile = { thresholds: parseThresholds(raw), policies: [], mode } as unknown as Profile
  const [summary, watch] = [watchWindows([]), watchThresholds(profile, () => undefined)]
  for (const [index, shape] of windows.entries()) {
    summary.add(windowAt(index, shape))
    watch.add(windowAt(index, shape))
  }
  const found = watch.read()
  const resources =
    slope === undefined
      ? found.resources
      : new Map([['rss', { read: () => ({ actual: 5 }), slope: () => slope }] as const])
  const against = { baseline: figures, reference: null, whyNone }
  return holdThresholds({
    profile,
    clean: arms as unknown as readonly ArmVerdict[],
    windows: summary.read(),
    findings: { ...found, resources },
    comparables: { ofArm: () => against, ofWindows: () => ({ ...nothing, ...against }) },
  })
}

describe('thresholds of the whole', () => {
  test('are held by each arm of clean load, but the baseline is not held against itself', () => {
    const { limits } = hold({ latency: ['p(99)<1s', 'p(99)<=baseline*1.1'] })
    expect(limits.map(({ scope, expr, ok }) => [scope, expr, ok])).toEqual([
      ['baseline/baseline-direct', 'latency: p(99)<1s', true],
      ['stress.long', 'latency: p(99)<1s', true],
      ['stress.long', 'latency: p(99)<=baseline*1.1', true],
    ])
  })

  test('without the reference that they are relative to pass nothing, and are told once with why', () => {
    const whyNone = 'no earlier long of x'
    const { limits, doubts } = hold({ throughput: ['rate>=reference*0.95'] }, { whyNone })
    expect(limits.map(({ ok, limit, why }) => [ok, limit, why])).toEqual(limits.map(() => [false, null, whyNone]))
    expect(limits.filter(isBroken)).toEqual([])
    expect(doubts).toMatchObject([{ kind: 'limit-left-out', effect: 'note' }])
    expect(doubts[0]?.detail).toContain(whyNone)
  })
})

describe('thresholds with a window', () => {
  const latency = [{ threshold: 'p(99)<20ms', window: '3s' }]

  test('are about windows only', () => {
    const { limits, doubts } = hold({ latency }, { windows: [{}, {}, { ms: 30 }, {}] })
    expect(limits).toMatchObject([{ scope: 'stress.long, every 3s', ok: false, limit: 20 }])
    expect(doubts).toEqual([])
  })

  test('of which there was none pass nothing: by plan that is a note, else the run lacks an answer', () => {
    const lacking = hold({ latency }, { windows: [{}, { faults: ['slow'] }, {}, {}] })
    expect(lacking.limits).toMatchObject([{ ok: false, actual: null, why: 'no stretch of windows was that long' }])
    expect(lacking.doubts).toMatchObject([{ kind: 'limit-unjudged', effect: 'inconclusive' }])
    const planned = hold({ latency }, { windows: [{}, {}], seconds: 2 })
    expect(planned.limits).toMatchObject([{ ok: false, limit: 20, why: expect.stringContaining('3s') as string }])
    expect(planned.doubts).toMatchObject([{ kind: 'limit-left-out', effect: 'note' }])
  })

  test('in which nothing was measured make the run void', () => {
    const { limits, doubts } = hold({ latency }, { windows: [{}, {}, ...[3, 4, 5].map(() => ({ ok: 0 }))] })
    expect(limits).toMatchObject([{ ok: false, actual: null }])
    expect(doubts).toMatchObject([{ kind: 'limit-unmeasured', effect: 'void' }])
  })
})

describe('thresholds of what the target uses', () => {
  test('are held by the stress stage, in their unit', () => {
    const windows = [
      { memoryKb: 1000, fds: 9, threads: 4, cpuCores: 0.5 },
      { memoryKb: 3000, fds: 8, threads: 4, cpuCores: 1 },
    ]
    const thresholds = { rss: ['max<2mib', 'delta<2mib'], fds: ['delta<=0'], threads: ['avg<5'], cpu: ['avg<80%'] }
    const { limits, doubts } = hold(thresholds, { windows })
    expect(limits.map(({ scope, expr, actual, unit, ok }) => [scope, expr, actual, unit, ok])).toEqual([
      ['stress stage', 'rss: max<2mib', 3000, 'KiB', false],
      ['stress stage', 'rss: delta<2mib', 2000, 'KiB', true],
      ['stress stage', 'fds: delta<=0', 0, 'fds', true],
      ['stress stage', 'threads: avg<5', 4, 'threads', true],
      ['stress stage', 'cpu: avg<80%', 0.75, 'cores', true],
    ])
    expect(limits[0]).toMatchObject({ limit: 2048, window: { fromMs: 1000, toMs: 2000 } })
    expect(doubts).toEqual([])
  })

  test('that could not be read are not kept, and make the run void', () => {
    const { limits, doubts } = hold({ fds: ['max<100'] }, { windows: [{}, {}] })
    expect(limits).toMatchObject([{ actual: null, ok: false }])
    expect(doubts).toMatchObject([{ kind: 'limit-unmeasured', effect: 'void' }])
  })

  test('are not asked of a run without stress', () => {
    expect(hold({ fds: ['max<100'] })).toEqual({ limits: [], doubts: [] })
  })
})

describe('a limit on a slope', () => {
  const found = { slope: 3000, lower: 2800, upper: 3200, slowest: 2900, usual: 500, goesOn: true }
  const held = (slope: ResourceSlope | null, seconds?: number) => {
    const { limits, doubts } = hold({ rss: ['slope<1MiB/h'] }, { windows: [{}], slope, ...(seconds && { seconds }) })
    const [limit] = limits
    return {
      ok: limit?.ok,
      broken: limit !== undefined && isBroken(limit),
      doubts: doubts.map(({ kind }) => kind),
      limit,
    }
  }

  test('breaks where noise cannot be why, nor what is usual, and it goes on to the end', () => {
    const { limit, ...answer } = held(found)
    expect(answer).toEqual({ ok: false, broken: true, doubts: [] })
    expect(limit).toMatchObject({ actual: 3000, limit: 1024, unit: 'KiB/h', expr: 'rss: slope<1MiB/h' })
  })

  test('is kept where it is below with all that noise may hide', () => {
    expect(held({ ...found, slope: 500, lower: 100, upper: 900 })).toMatchObject({
      ok: true,
      broken: false,
      doubts: [],
    })
  })

  test.each([
    ['noise is wider than the difference', { lower: 900 }],
    ['healthy targets rise as much in so short a run', { usual: 5000 }],
    ['it came to a level', { slowest: 100 }],
    ['it decays', { goesOn: false }],
    ['it is below, but noise may hide that it is not', { slope: 900, lower: 500 }],
  ])('is neither where %s', (_, changes) => {
    const { limit, ...answer } = held({ ...found, ...changes })
    expect(answer).toEqual({ ok: false, broken: false, doubts: ['trend-unclear'] })
    expect(limit?.why).toMatch(/^it lies between/u)
  })

  test('is not judged of too little: by plan that is a note, else the run lacks an answer', () => {
    expect(held(null)).toMatchObject({ ok: false, broken: false, doubts: ['limit-unjudged'] })
    expect(held(found, 299)).toMatchObject({ ok: false, broken: false, doubts: ['limit-left-out'] })
  })
})
