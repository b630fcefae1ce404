import { describe, expect, test } from 'vitest'
import {
  type Against,
  holdThreshold,
  isBroken,
  type Limit,
  type LimitedFigures,
  nothing,
} from '../../../harness/judge/limits.ts'
import { createHistogram } from '../../../harness/measure/histogram.ts'
import type { Metric } from '../../../harness/profile/threshold-metrics.ts'
import { parseThreshold } from '../../../harness/profile/threshold-settings.ts'

/** A hundred operations of 1 to 100 ms in a second, five of them degraded, and ten that failed. */
function figures(scale = 1): LimitedFigures {
  const latency = createHistogram()
  for (let ms = 1; ms <= 100; ms++) latency.record(1000 * ms * scale)
  return {
    judgedLatencyMs: latency.summary(),
    percentileMs: (percent) => latency.percentileMs(percent),
    errorRate: 10 / 110,
    okPerSecond: 100,
    failed: 10,
    ended: 110,
    degraded: 5,
  }
}

function hold(metric: Metric, expr: string, against: Against = nothing, own = figures()): Limit {
  const parsed = parseThreshold(metric, expr)
  if ('problem' in parsed) throw new Error(parsed.problem)
  return holdThreshold('threshold', 'arm', parsed.threshold, own, against)
}

const baseline: Against = { ...nothing, baseline: figures(0.5) }

describe('a limit that is relative to what only failed', () => {
  const failed: LimitedFigures = { ...figures(), failed: 110, errorRate: 1, okPerSecond: 0 }

  test.each([
    ['latency', 'p(95)<=baseline*1.1', 'baseline'],
    ['latency', 'p(95)<=max(baseline*1.1, 5s)', 'baseline'],
    ['throughput', 'rate>=baseline*0.95', 'baseline'],
    ['throughput', 'rate>=reference*0.95', 'reference'],
  ] as const)('is not judged: %s, %s', (metric, expr, to) => {
    const limit = hold(metric, expr, { ...nothing, [to]: failed })
    expect(limit).toMatchObject({ ok: false, limit: null, why: `no operation of the ${to} succeeded` })
    expect(isBroken(limit)).toBe(false)
  })

  test('is judged where it is about errors', () => {
    expect(hold('errors', 'rate<=baseline*0.5', { ...nothing, baseline: failed })).toMatchObject({
      limit: 0.5,
      ok: true,
    })
  })
})

describe('a limit', () => {
  test.each<[Metric, string, number, boolean]>([
    ['latency', 'avg<51', 50.5, true],
    ['latency', 'min<=1', 1, true],
    ['latency', 'max<100', 100, false],
    ['latency', 'med<51', 50, true],
    ['latency', 'p(99)>=99', 99, true],
    ['errors', 'rate<9%', 0.0909091, false],
    ['errors', 'count==10', 10, true],
    ['errors', 'count!=10', 10, false],
    ['errors', 'count===11', 10, false],
    ['throughput', 'rate>=100', 100, true],
    ['throughput', 'count>100', 100, false],
    ['degraded', 'rate<5%', 0.0454545, true],
    ['degraded', 'count<5', 5, false],
  ])('on %s: %s finds %d', (metric, expr, actual, ok) => {
    const limit = hold(metric, expr)
    // A histogram knows three digits.
    expect(limit.actual).toBeCloseTo(actual, metric === 'latency' ? 0 : 6)
    expect([limit.ok, isBroken(limit), limit.expr]).toEqual([ok, !ok, `${metric}: ${expr}`])
    expect(limit).not.toHaveProperty('why')
  })

  test('of what was not measured is neither kept nor broken', () => {
    const empty = { ...figures(), errorRate: null, percentileMs: () => null, ended: 0, degraded: 0 }
    for (const [metric, expr] of [
      ['errors', 'rate<100%'],
      ['latency', 'p(99)<1h'],
      ['degraded', 'rate<1'],
    ] as const) {
      const limit = hold(metric, expr, nothing, empty)
      expect([limit.actual, limit.ok, isBroken(limit)]).toEqual([null, false, false])
    }
  })

  test('is rounded before it is held, so that the file gives the same answer', () => {
    const own = { ...figures(), okPerSecond: 99.99999999 }
    expect(hold('throughput', 'rate>=100', nothing, own)).toMatchObject({ actual: 100, ok: true })
    const against = { ...nothing, baseline: { ...figures(), okPerSecond: 1 / 3 } }
    expect(hold('throughput', 'rate>=baseline*2', against, own).limit).toBe(0.666666)
  })
})

describe('a relative limit', () => {
  test.each([
    ['p(100)<=baseline*2', 100, true],
    ['p(100)<baseline*2', 100, false],
    ['p(100)<=baseline+50ms', 100, true],
    ['p(100)<=baseline*3 - 50ms', 100, true],
    ['p(100)<max(baseline*1.3, 200ms)', 200, true],
    ['p(100)<min(baseline*1.3, 200ms)', 65, false],
  ])('is held against the same figure of the baseline: %s', (expr, limit, ok) => {
    const held = hold('latency', expr, baseline)
    expect([held.limit, held.ok, held.expr]).toEqual([limit, ok, `latency: ${expr}`])
  })

  test('is not judged without what it is relative to, and says why', () => {
    const none = { ...nothing, whyNone: 'no earlier smoke of x' }
    const unjudged = [
      hold('throughput', 'rate>=reference*0.95', none),
      hold('throughput', 'rate>=min(1, reference)', none),
      hold('throughput', 'rate>=reference', { ...none, whyNone: null }),
      hold('latency', 'avg<baseline*2', none),
    ]
    expect(unjudged.map(({ limit, ok }) => [limit, ok])).toEqual(unjudged.map(() => [null, false]))
    expect(unjudged.filter(isBroken)).toEqual([])
    expect(unjudged.map(({ why }) => why)).toEqual([
      'no earlier smoke of x',
      'no earlier smoke of x',
      'the reference has no such figure',
      'there is no such figure of a baseline of its path',
    ])
  })

  test('is held against the reference where that has the figure', () => {
    const against = { baseline: null, reference: { ...figures(), okPerSecond: 110 }, whyNone: null }
    expect(hold('throughput', 'rate>=reference*0.95', against)).toMatchObject({ limit: 104.5, ok: false })
    expect(hold('throughput', 'rate>=reference*0.9', against)).toMatchObject({ limit: 99, ok: true })
  })
})
