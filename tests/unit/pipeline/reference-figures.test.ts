import { describe, expect, test } from 'vitest'
import type { ArchivedResult } from '../../../harness/archive/read.ts'
import type { Result } from '../../../harness/archive/result.ts'
import type { Reference } from '../../../harness/pipeline/reference.ts'
import { referenceFigures } from '../../../harness/pipeline/reference-figures.ts'
import { exampleResult, type Mutable } from '../../fixtures/results/example.ts'

const referenceOf = (...results: readonly Result[]): Reference => {
  const [first, ...others] = results.map((result) => ({ result }) as unknown as ArchivedResult)
  if (first === undefined) throw new Error('no result')
  return { kind: 'median', asked: 'median:10', found: [first, ...others], history: null, leftOut: [] }
}

const here = exampleResult().env

function figuresOf(change: (result: Mutable<Result>) => void = () => {}) {
  const result = exampleResult()
  change(result)
  return { result, figures: referenceFigures(referenceOf(result), here) }
}

/** The direct baseline of a result. */
const baselineIn = (result: Mutable<Result>) => {
  const arm = result.phases
    .find(({ id }) => id === 'baseline')
    ?.arms.find((one) => one.arm === 'baseline' && one.path === 'direct')
  if (!arm) throw new Error('the example has no direct baseline')
  return arm
}
const id = 'baseline/baseline-direct'

describe('the figures of an archived result', () => {
  test('are those of its arms, with any percentile that its histogram tells', () => {
    const { result, figures } = figuresOf((changed) => {
      baselineIn(changed).correctedLatencyMs = null
    })
    const { operations, latencyMs } = baselineIn(result)
    const found = figures.arm(id)
    expect(found).toMatchObject({
      okPerSecond: operations.perSecond,
      failed: operations.failed,
      ended: operations.ok + operations.failed,
      degraded: operations.degraded,
      judgedLatencyMs: latencyMs,
    })
    expect(found?.percentileMs(97)).not.toBeNull()
    expect(figures.whyNone).toBeNull()
  })

  test('are corrected where the load had a schedule, and then there are no other percentiles than those it has', () => {
    const corrected = { min: 1, mean: 2, p50: 3, p90: 4, p95: 5, p99: 6, p999: 7, max: 8, count: 9 }
    const { figures } = figuresOf((changed) => {
      baselineIn(changed).correctedLatencyMs = corrected
    })
    const percentile = figures.arm(id)?.percentileMs
    expect([0, 50, 90, 95, 99, 99.9, 100, 97].map((percent) => percentile?.(percent))).toEqual([
      1,
      3,
      4,
      5,
      6,
      7,
      8,
      null,
    ])
  })

  test('of successes have their latency, as windows have', () => {
    const { result, figures } = figuresOf((changed) => {
      baselineIn(changed).okLatencyMs = { ...baselineIn(changed).okLatencyMs, p99: 1234 }
    })
    expect(figures.successes(id)?.percentileMs(99)).toBe(1234)
    expect(figures.successes(id)?.okPerSecond).toBe(baselineIn(result).operations.perSecond)
  })

  test('of windows are those of the same phase under the same policies', () => {
    const { figures } = figuresOf((changed) => {
      const okLatencyMs = baselineIn(changed).okLatencyMs
      const group = { phase: 'stress.long', windows: 1, durationMs: 1000, ok: 90, failed: 10, okLatencyMs }
      changed.windowGroups = [
        { ...group, faults: [], perSecond: 5 },
        { ...group, faults: ['slow'], perSecond: 6, degraded: 7 },
      ]
    })
    expect(figures.windows('stress.long', [])).toMatchObject({ okPerSecond: 5, errorRate: 0.1, degraded: null })
    expect(figures.windows('stress.long', ['slow'])).toMatchObject({ okPerSecond: 6, degraded: 7 })
    expect([figures.windows('stress.long', ['lost']), figures.windows('stress.smoke', [])]).toEqual([null, null])
  })

  test('are of several results the median of each, and of an arm that few of them have, of those', () => {
    const withRate = (perSecond: number) => {
      const result = exampleResult()
      baselineIn(result).operations.perSecond = perSecond
      return result
    }
    const without = { ...exampleResult(), phases: [] }
    const figures = referenceFigures(referenceOf(withRate(3), withRate(100), without, withRate(1)), here)
    expect(figures.arm(id)?.okPerSecond).toBe(3)
    const { count, ...latency } = baselineIn(exampleResult()).latencyMs
    expect([count > 0, figures.arm(id)?.judgedLatencyMs]).toEqual([true, latency])
    expect(figures.arm(id)?.percentileMs(97)).not.toBeNull()
  })

  test('are none of an arm that it has not, nor without it', () => {
    expect([figuresOf().figures.arm('policy.x/policy-relay'), figuresOf().figures.successes('x')]).toEqual([null, null])
    const none = referenceFigures({ whyNone: 'no earlier smoke of x', asked: 'median:10', leftOut: [] }, here)
    expect([none.arm(id), none.whyNone]).toEqual([null, 'no earlier smoke of x'])
  })

  test('are none where it was measured on another kind of host, since they are absolute', () => {
    const elsewhere = exampleResult()
    elsewhere.env.hostFingerprint = 'another'
    const figures = referenceFigures(referenceOf(exampleResult(), elsewhere), here)
    expect([figures.arm(id), figures.whyNone]).toEqual([null, 'the reference was measured on another host'])
  })
})
