import { describe, expect, test } from 'vitest'
import { type Metric, parseThreshold, parseThresholds, thresholdProblems } from '../../../harness/profile/threshold.ts'

describe('a threshold', () => {
  test.each<[Metric, string, object]>([
    ['latency', 'p(99)<100ms', { aggregate: 'p', percentile: 99, op: '<', limit: 100 }],
    [
      'latency',
      ' p( 99.9 ) <= 1.5s ',
      { aggregate: 'p', percentile: 99.9, op: '<=', limit: 1500, expr: 'p( 99.9 ) <= 1.5s' },
    ],
    ['latency', 'p(0)>250us', { aggregate: 'p', percentile: 0, op: '>', limit: 0.25 }],
    ['latency', 'avg<200', { aggregate: 'avg', percentile: null, limit: 200 }],
    ['latency', 'med<0.5', { aggregate: 'med', limit: 0.5 }],
    ['latency', 'min>=1ms', { aggregate: 'min', op: '>=', limit: 1 }],
    ['latency', 'max==1ms', { aggregate: 'max', op: '==', limit: 1 }],
    ['errors', 'rate<1%', { aggregate: 'rate', limit: 0.01 }],
    ['errors', 'rate<0.01', { aggregate: 'rate', limit: 0.01 }],
    ['errors', 'count==0', { aggregate: 'count', limit: 0 }],
    ['throughput', 'rate>=100', { aggregate: 'rate', limit: 100 }],
    ['throughput', 'rate>=100/s', { aggregate: 'rate', limit: 100 }],
    ['throughput', 'count>1000', { aggregate: 'count', limit: 1000 }],
  ])('on %s reads %j', (metric, expr, parts) => {
    const threshold: unknown = expect.objectContaining({ metric, expr: expr.trim(), ...parts })
    expect(parseThreshold(metric, expr)).toEqual({ threshold })
  })

  test.each<[Metric, string]>([
    ['latency', 'p99<100ms'],
    ['latency', 'p(101)<100ms'],
    ['latency', 'p()<100ms'],
    ['latency', 'avg(5)<100ms'],
    ['latency', 'rate<1%'],
    ['latency', 'p(99)<'],
    ['latency', 'p(99)!=100ms'],
    ['latency', 'p(99)<100kb'],
    ['latency', '<100ms'],
    ['latency', ''],
    ['errors', 'rate<200%'],
    ['errors', 'p(99)<1%'],
    ['errors', 'rate<-1%'],
    ['errors', 'count<1%'],
    ['throughput', 'rate>=baseline*0.95'],
    ['throughput', 'rate>=1s'],
    ['throughput', 'rate===1'],
  ])('on %s refuses %j, and says what it found and what is allowed', (metric, expr) => {
    const problem: unknown = expect.stringMatching(/^found ".*", allowed: one of .*, such as ./u)
    expect(parseThreshold(metric, expr)).toEqual({ problem })
  })

  test('is read with all the others, and each that is wrong has its place (L12)', () => {
    const raw = { errors: ['rate<1%', 'rate<x'], latency: ['p(99)<100ms', 'p99<1'] }
    expect(thresholdProblems(raw, '/thresholds').map(({ where }) => where)).toEqual([
      '/thresholds/latency/1',
      '/thresholds/errors/1',
    ])
    expect(parseThresholds({ errors: ['rate<1%'], latency: ['max<1s'] }).map(({ expr }) => expr)).toEqual([
      'max<1s',
      'rate<1%',
    ])
  })

  test('of another shape is left to the schema', () => {
    for (const raw of [undefined, null, 5, { latency: 'p99' }, { latency: [5], other: ['x'] }]) {
      expect(thresholdProblems(raw, '')).toEqual([])
    }
  })
})
