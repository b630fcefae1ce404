import { describe, expect, test } from 'vitest'
import { isBroken, nothing } from '../../../../harness/judge/limits.ts'
import { holdWindowed } from '../../../../harness/judge/thresholds/followed.ts'
import { watchThresholds } from '../../../../harness/judge/thresholds/watch.ts'
import type { Policy } from '../../../../harness/profile/profile.ts'
import { parseThresholds, type RawThresholds } from '../../../../harness/profile/threshold-settings.ts'
import { stressArm, windowAt, type WindowShape } from '../../../support/stress-windows.ts'

const abortOnFail = true

/** What a watch tells of windows of a second, and after how many of them it wanted the run to end. */
function watch(
  thresholds: RawThresholds,
  windows: readonly WindowShape[],
  policies: readonly Pick<Policy, 'name' | 'kind' | 'bounds'>[] = [],
  baselineMs?: number,
) {
  let endedAfter: number | null = null
  let seen = 0
  let breaches = 0
  const settings = { thresholds: parseThresholds(thresholds), policies: policies as readonly Policy[] }
  const watching = watchThresholds(settings, () => {
    endedAfter ??= seen
    breaches++
  })
  if (baselineMs !== undefined) {
    const baseline = figuresOf(baselineMs)
    const against = { ...nothing, baseline }
    watching.holdTo({ ofArm: () => against, ofWindows: () => against })
  }
  for (const [index, shape] of windows.entries()) {
    seen = index + 1
    watching.add(windowAt(index, shape))
  }
  return { endedAfter, breaches, ...watching.read() }
}

function figuresOf(ms: number) {
  const latency = { min: ms, mean: ms, p50: ms, p90: ms, p95: ms, p99: ms, p999: ms, max: ms }
  const counts = { errorRate: 0, okPerSecond: 100, failed: 0, ended: 100, degraded: 0 }
  return { judgedLatencyMs: latency, percentileMs: () => ms, ...counts }
}

const times = (count: number, shape: WindowShape = {}): WindowShape[] => Array.from({ length: count }, () => shape)

describe('a threshold with a window', () => {
  const latency = [{ threshold: 'p(99)<20ms', window: '2s' }]

  test('is held by the worst window of its length, which is told with its time', () => {
    const { windowed } = watch({ latency }, [...times(3), { ms: 15 }, { ms: 30 }, ...times(3)])
    const [finding, ...others] = windowed
    expect(others).toEqual([])
    const limit = finding && holdWindowed(finding, nothing)
    expect(limit).toMatchObject({ kind: 'threshold', scope: 'stress.long, every 2s', limit: 20, ok: false })
    expect(limit?.expr).toBe('latency: p(99)<20ms')
    expect(limit?.actual).toBeCloseTo(30, 1)
    // The first of those that are as bad.
    expect(limit?.window).toEqual({ fromMs: 3000, toMs: 5000 })
  })

  test('is kept where every window keeps it, though none was as good as another', () => {
    const { windowed } = watch({ latency }, [{ ms: 19 }, { ms: 3 }, { ms: 18 }])
    expect(windowed.map((finding) => holdWindowed(finding, nothing).ok)).toEqual([true])
  })

  test('looks at the least where that is what it forbids', () => {
    const throughput = [{ threshold: 'rate>=90', window: '1s' }]
    const { windowed } = watch({ throughput }, [...times(2), { ok: 80 }, ...times(2)])
    expect(windowed.map((finding) => holdWindowed(finding, nothing))).toMatchObject([
      { actual: 80, ok: false, window: { fromMs: 2000, toMs: 3000 } },
    ])
  })

  test.each([
    ['count==0', [0, 0], true],
    ['count==0', [0, 1], false],
    ['count==1', [0, 1], false],
    ['count==1', [1, 1], true],
  ] as const)('must be equal in all of them where it says so: %s of failures of %j', (threshold, failed, ok) => {
    const errors = [{ threshold, window: '1s' }]
    const shapes = failed.map((count) => ({ failed: count }))
    for (const order of [shapes, shapes.toReversed()])
      expect(watch({ errors }, order).windowed.map((one) => holdWindowed(one, nothing).ok)).toEqual([ok])
  })

  test('is not kept where in one of them nothing succeeded, however fast the others were', () => {
    const { windowed } = watch({ latency }, [...times(3), ...times(2, { ok: 0, failed: 100 }), ...times(3)])
    const [limit] = windowed.map((finding) => holdWindowed(finding, nothing))
    expect(limit).toMatchObject({ actual: null, ok: false, window: { fromMs: 3000, toMs: 5000 } })
  })

  test('passes over what was under a fault, and begins anew after it', () => {
    const { windowed } = watch({ latency }, [
      {},
      { ms: 90, faults: ['slow'] },
      {},
      {},
      { ms: 90, faults: ['slow'] },
      {},
    ])
    expect(windowed).toMatchObject([{ most: { fromMs: 2000, toMs: 4000 } }])
    expect(watch({ latency }, [{}, { faults: ['slow'] }, {}]).windowed).toEqual([])
  })

  test('is told of each phase by itself, and of load that is not stress of none', () => {
    const other = { identity: { ...stressArm, id: 'stress.smoke', phase: 'stress.smoke' }, slice: 1 }
    const policy = { identity: { ...stressArm, phaseKind: 'policy' as const }, slice: 2, ms: 900 }
    const { windowed } = watch({ latency }, [...times(2), ...times(2, { ...other, ms: 50 }), ...times(2, policy)])
    expect(windowed.map(({ most }) => Math.round(most?.value ?? 0))).toEqual([10, 50])
    expect(windowed.map(({ phase }) => phase)).toEqual(['stress.long', 'stress.smoke'])
  })
})

describe('bounds of a policy', () => {
  const bounds = parseThresholds({ errors: [{ threshold: 'rate<50%', window: '2s' }] })
  const policy = { name: 'slow', kind: 'fault', bounds } as const

  test('with a window are about windows under it alone, from beginning to end', () => {
    const under = (failed: number, changes: WindowShape = {}): WindowShape => ({
      ok: 10,
      failed,
      faults: ['slow'],
      ...changes,
    })
    const windows = [under(90, { settling: true }), under(5), under(5), under(90, { faults: ['slow', 'lost'] }), {}]
    const { windowed } = watch({}, windows, [policy])
    expect(windowed.map((finding) => holdWindowed(finding, nothing))).toMatchObject([
      {
        kind: 'bound',
        scope: 'stress.long, windows under slow, every 2s',
        ok: true,
        window: { fromMs: 1000, toMs: 3000 },
      },
    ])
  })

  test('of a client policy are not asked of windows, which have its fault only', () => {
    const windows = times(3, { ok: 10, failed: 90, faults: ['slow'] })
    expect(watch({}, windows, [{ ...policy, kind: 'combined' }]).windowed).toEqual([])
  })

  test('may end the run', () => {
    const ending = parseThresholds({ errors: [{ threshold: 'rate<50%', abortOnFail }] })
    const windows = [...times(2, { failed: 900 }), ...times(2, { failed: 900, faults: ['slow'] })]
    const { endedAfter, breach } = watch({}, windows, [{ ...policy, bounds: ending }])
    expect(endedAfter).toBe(3)
    expect(breach).toMatchObject({
      kind: 'bound',
      scope: 'stress.long, windows under slow, until it was ended',
      actual: 0.9,
    })
  })
})

describe('a threshold that may end the run', () => {
  test('does so once, in the window in which the phase so far breaks it', () => {
    const errors = [{ threshold: 'rate<10%', abortOnFail }]
    const { endedAfter, breaches, breach } = watch({ errors }, [...times(4), ...times(9, { ok: 80, failed: 20 })])
    // 20 of 500, 40 of 600, 60 of 700, 80 of 800.
    expect([endedAfter, breaches]).toEqual([8, 1])
    expect(breach).toEqual({
      kind: 'threshold',
      scope: 'stress.long, until it was ended',
      expr: 'errors: rate<10%',
      actual: 0.1,
      limit: 0.1,
      ok: false,
      window: { fromMs: 0, toMs: 8000 },
    })
    expect(breach && isBroken(breach)).toBe(true)
  })

  test('waits until its delay is over, and counts what was before', () => {
    const errors = [{ threshold: 'rate<10%', abortOnFail, delayAbortEval: '3s' }]
    expect(watch({ errors }, times(5, { failed: 100 })).endedAfter).toBe(3)
    expect(watch({ errors }, [{ failed: 100 }, ...times(19)]).endedAfter).toBe(3)
    expect(watch({ errors }, [{ failed: 20 }, ...times(19)]).endedAfter).toBeNull()
  })

  test('begins anew in each segment of stress, with its delay', () => {
    const errors = [{ threshold: 'rate<10%', abortOnFail, delayAbortEval: '2s' }]
    const next = { identity: { ...stressArm, id: 'stress.next', phase: 'stress.next' }, slice: 1 }
    const good = times(9)
    expect(watch({ errors }, [...good, { ...next, failed: 900 }, next]).endedAfter).toBe(11)
    const { breach } = watch({ errors }, [...good, ...times(2, { ...next, failed: 20 })])
    expect(breach).toMatchObject({ scope: 'stress.next, until it was ended', window: { fromMs: 9000, toMs: 11_000 } })
  })

  test('with a window looks at that alone', () => {
    const throughput = [{ threshold: 'rate>50', abortOnFail, window: '2s' }]
    const { endedAfter, breach, windowed } = watch({ throughput }, [...times(20), ...times(3, { ok: 40 })])
    expect([endedAfter, breach]).toEqual([22, null])
    expect(windowed.map((finding) => holdWindowed(finding, nothing).ok)).toEqual([false])
  })

  test.each([
    ['count>=500', 100, null],
    ['count<500', 100, 5],
    ['count==150', 100, 2],
    ['count!=200', 100, null],
  ])('a count only grows: %s of %d a second ends it after %j', (threshold, ok, after) => {
    expect(watch({ throughput: [{ threshold, abortOnFail }] }, times(8, { ok })).endedAfter).toBe(after)
  })

  test('passes over windows under a fault', () => {
    const errors = [{ threshold: 'rate<10%', abortOnFail }]
    expect(watch({ errors }, times(5, { failed: 900, faults: ['lost'] })).endedAfter).toBeNull()
  })

  test('is relative to a baseline once that is known, and ends nothing before', () => {
    const latency = [{ threshold: 'p(95)<=baseline*2', abortOnFail }]
    const windows = [{ ms: 10 }, { ms: 10 }, { ms: 50 }]
    expect(watch({ latency }, windows).endedAfter).toBeNull()
    const { endedAfter, breach } = watch({ latency }, windows, [], 5.5)
    expect(endedAfter).toBe(3)
    expect(breach).toMatchObject({ limit: 11, expr: 'latency: p(95)<=baseline*2' })
  })

  test('of what the target uses ends it too', () => {
    const rss = [{ threshold: 'delta<1mib', abortOnFail }]
    const { endedAfter } = watch({ rss }, [{ memoryKb: 9000 }, { memoryKb: 9500 }, { memoryKb: 10_024 }])
    expect(endedAfter).toBe(3)
  })
})
