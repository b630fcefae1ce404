import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseExpression } from '../../../harness/profile/threshold.ts'
import { type LimitTerm, relativesOf } from '../../../harness/profile/threshold-limit.ts'
import { grammars, isResource, type Metric } from '../../../harness/profile/threshold-metrics.ts'

const fixed = (value: number): LimitTerm => ({ kind: 'fixed', value })
const ofBaseline = (factor: number, plus = 0): LimitTerm => ({ kind: 'baseline', factor, plus })

/** The limit of an expression that has no problem. */
function limitOf(metric: Metric, expr: string): LimitTerm | undefined {
  const parsed = parseExpression(metric, expr)
  return 'expression' in parsed ? parsed.expression.limit : undefined
}

describe('an expression', () => {
  test.each<[Metric, string, object]>([
    ['latency', 'p(99)<100ms', { aggregate: 'p', percentile: 99, op: '<', limit: fixed(100) }],
    [
      'latency',
      ' p( 99.9 ) <= 1.5s ',
      { aggregate: 'p', percentile: 99.9, op: '<=', limit: fixed(1500), expr: 'p( 99.9 ) <= 1.5s' },
    ],
    ['latency', 'p(0)>250us', { aggregate: 'p', percentile: 0, op: '>', limit: fixed(0.25) }],
    ['latency', 'p(100)<.5', { percentile: 100, limit: fixed(0.5) }],
    ['latency', 'avg<200', { aggregate: 'avg', percentile: null, limit: fixed(200) }],
    ['latency', 'med<0.5', { aggregate: 'med', limit: fixed(0.5) }],
    ['latency', 'min>=1ms', { aggregate: 'min', op: '>=', limit: fixed(1) }],
    ['latency', 'max==1ms', { aggregate: 'max', op: '==', limit: fixed(1) }],
    ['errors', 'rate<1%', { aggregate: 'rate', limit: fixed(0.01) }],
    ['errors', 'rate<0.01', { aggregate: 'rate', limit: fixed(0.01) }],
    ['errors', 'count==0', { aggregate: 'count', limit: fixed(0) }],
    ['errors', 'count===0', { op: '==', limit: fixed(0) }],
    ['errors', 'count!=7', { op: '!=', limit: fixed(7) }],
    ['throughput', 'rate>=100', { aggregate: 'rate', limit: fixed(100) }],
    ['throughput', 'rate>=100/s', { aggregate: 'rate', limit: fixed(100) }],
    ['throughput', 'count>1000', { aggregate: 'count', limit: fixed(1000) }],
    ['degraded', 'rate<=5%', { aggregate: 'rate', limit: fixed(0.05) }],
    ['degraded', 'count<10', { aggregate: 'count', limit: fixed(10) }],
    ['rss', 'max<512MiB', { aggregate: 'max', limit: fixed(512 * 1024) }],
    ['rss', 'delta<32kb', { aggregate: 'delta', limit: fixed(31.25) }],
    ['rss', 'slope<1MiB/h', { aggregate: 'slope', limit: fixed(1024) }],
    ['rss', 'slope <= 1 MiB / min', { aggregate: 'slope', op: '<=', limit: fixed(60 * 1024) }],
    ['rss', 'slope<24MiB/d', { limit: fixed(1024) }],
    ['rss', 'slope<1kib/s', { limit: fixed(3600) }],
    ['fds', 'max<1000', { aggregate: 'max', limit: fixed(1000) }],
    ['fds', 'slope<10/h', { aggregate: 'slope', limit: fixed(10) }],
    ['threads', 'avg<=8.5', { aggregate: 'avg', limit: fixed(8.5) }],
    ['cpu', 'avg<80%', { aggregate: 'avg', limit: fixed(0.8) }],
    ['cpu', 'max<150 %', { aggregate: 'max', limit: fixed(1.5) }],
    ['cpu', 'max<1.5', { aggregate: 'max', limit: fixed(1.5) }],
  ])('on %s reads %j', (metric, expr, parts) => {
    const expression: unknown = expect.objectContaining({ metric, expr: expr.trim(), ...parts })
    expect(parseExpression(metric, expr)).toEqual({ expression })
  })

  test.each<[Metric, string, LimitTerm]>([
    ['latency', 'p(95)<=baseline*1.10', ofBaseline(1.1)],
    ['latency', 'p(95)<=baseline', ofBaseline(1)],
    ['latency', 'p(95)<=baseline+50ms', ofBaseline(1, 50)],
    ['latency', 'p(95) <= baseline * 2 - 0.5s', ofBaseline(2, -500)],
    ['throughput', 'rate>=reference*.95', { kind: 'reference', factor: 0.95, plus: 0 }],
    ['errors', 'rate<=baseline+1%', ofBaseline(1, 0.01)],
    ['latency', 'p(95)<max(baseline*1.3, 50ms)', { kind: 'max', of: [ofBaseline(1.3), fixed(50)] }],
    [
      'latency',
      'p(95)<min(1s,max(baseline*1.3,reference+5))',
      {
        kind: 'min',
        of: [fixed(1000), { kind: 'max', of: [ofBaseline(1.3), { kind: 'reference', factor: 1, plus: 5 }] }],
      },
    ],
  ])('on %s may be relative: %j', (metric, expr, limit) => {
    expect(limitOf(metric, expr)).toEqual(limit)
  })

  test('knows what it is relative to, once each', () => {
    const relatives = (expr: string) => relativesOf(limitOf('latency', expr) ?? fixed(0))
    expect(relatives('avg<5')).toEqual([])
    expect(relatives('avg<max(baseline*2, 3, baseline+5, reference)')).toEqual(['baseline', 'reference'])
  })

  test.each<[Metric, string]>([
    ['latency', 'p99<100ms'],
    ['latency', 'p(101)<100ms'],
    ['latency', 'p()<100ms'],
    ['latency', 'avg(5)<100ms'],
    ['latency', 'rate<1%'],
    ['latency', 'p(99)<'],
    ['latency', 'p(99)=100ms'],
    ['latency', 'p(99)<>100ms'],
    ['latency', 'p(99)<100kb'],
    ['latency', '<100ms'],
    ['latency', ''],
    ['latency', 'p(99)<baseline*'],
    ['latency', 'p(99)<baseline*-1'],
    ['latency', 'p(99)<1.1*baseline'],
    ['latency', 'p(99)<baseline+5%'],
    ['latency', 'p(99)<max()'],
    ['latency', 'p(99)<max(5ms,)'],
    ['latency', 'p(99)<max(5ms'],
    ['latency', 'p(99)<max(5ms,max(1)'],
    ['latency', 'p(99)<former*2'],
    ['latency', 'slope<1ms/h'],
    ['errors', 'rate<200%'],
    ['errors', 'p(99)<1%'],
    ['errors', 'rate<-1%'],
    ['errors', 'count<1%'],
    ['throughput', 'rate>=1s'],
    ['throughput', 'rate====1'],
    ['rss', 'rss.slope<1MiB/h'],
    ['rss', 'max<512'],
    ['rss', 'slope<1MiB'],
    ['rss', 'slope<1MiB/week'],
    ['rss', 'slope==1MiB/h'],
    ['rss', 'slope>1MiB/h'],
    ['rss', 'max<1MiB/h'],
    ['rss', 'p(99)<1MiB'],
    ['rss', 'max<=reference*1.1'],
    ['fds', 'max<baseline'],
    ['cpu', 'slope<1/h'],
    ['cpu', 'delta<1'],
    ['cpu', 'avg<%'],
  ])('on %s refuses %j, and says what it found and what is allowed', (metric, expr) => {
    const problem: unknown = expect.stringMatching(/^found ".*", allowed: one of .*, such as ./u)
    expect(parseExpression(metric, expr)).toEqual({ problem })
  })

  test('never throws, whatever is written', () => {
    const pieces = fc.constantFrom(
      'p(99)',
      'max',
      'rate',
      '<',
      '>=',
      '=',
      '(',
      ')',
      ',',
      'baseline',
      '*',
      '+',
      '5',
      'ms',
      ' ',
    )
    const text = fc.oneof(
      fc.string(),
      fc.array(pieces).map((parts) => parts.join('')),
    )
    const metric = fc.constantFrom(...(Object.keys(grammars) as Metric[]))
    fc.assert(
      fc.property(metric, text, (name, expr) => {
        expect(Object.keys(parseExpression(name, expr))).toHaveLength(1)
      }),
    )
  })

  test('means the same wherever there are blanks', () => {
    const term: fc.Arbitrary<readonly string[]> = fc.oneof(
      fc.constantFrom(['5'], ['20ms'], ['baseline', '*', '1.5'], ['reference', '+', '1s']),
      fc.constantFrom(['max', '(', '5', ',', 'baseline', ')']),
    )
    const blanks = fc.array(fc.constantFrom('', ' ', '  '), { minLength: 12, maxLength: 12 })
    fc.assert(
      fc.property(term, blanks, (limit, spaces) => {
        const parts = ['avg', '<=', ...limit]
        const spaced = parts.map((part, index) => part + (spaces[index] ?? '')).join('')
        expect(limitOf('latency', spaced)).toEqual(limitOf('latency', parts.join('')))
        expect(limitOf('latency', spaced)).toBeDefined()
      }),
    )
  })

  test('that is given as an example is allowed', () => {
    const examples = Object.entries(grammars).flatMap(([metric, grammar]) =>
      grammar.examples.map((expr) => [metric as Metric, expr] as const),
    )
    expect(examples.filter(([metric, expr]) => limitOf(metric, expr) === undefined)).toEqual([])
    expect(examples.filter(([metric]) => isResource(metric)).length).toBeGreaterThan(4)
  })
})
