import { describe, expect, test } from 'vitest'
import type { ResultCapacity } from '../../../harness/archive/capacity.ts'
import { capacitySections, capacityText } from '../../../harness/report/capacity-section.ts'
import { verdictLine } from '../../../harness/report/verdict-line.ts'
import { exampleResult } from '../../fixtures/results/example.ts'

const slice = (due: number, ended: number) => ({
  seconds: 3,
  due,
  sent: due,
  ended,
  ok: ended,
  errorRate: 0,
  inTime: true,
  generator: 'fine' as const,
  p50: 11,
  p95: 12,
  p99: 13,
})

const capacity: ResultCapacity = {
  kind: 'found',
  heldPerSecond: 300,
  brokenPerSecond: 310,
  limit: 'behind',
  precise: true,
  slo: ['p(99)<100ms'],
  knee: { perSecond: 300, loops: 4 },
  mostPerSecond: 304,
  scalability: {
    perLoop: 90,
    contention: 0.05,
    coherency: 0.001,
    peakLoops: 30.8,
    peakPerSecond: 804,
    rSquared: 0.987,
    error: 0.021,
  },
  scalabilityWhyNone: null,
  loops: [1, 2, 4, 8, 16, 32].map((loops) => ({ loops, perSecond: Math.min(300, 90 * loops), p50: 11, p99: 13 })),
  steps: [
    { perSecond: 310, verdict: 'behind', slices: [slice(310, 300), slice(310, 301)] },
    { perSecond: 300, verdict: 'held', slices: [slice(300, 300), slice(300, 290), slice(300, 300)] },
  ],
}

describe('a capacity is told', () => {
  test('by the rate that held, what was kept, and what stood in the way of more', () => {
    expect(capacityText(capacity)).toBe('300/s with p(99)<100ms: the target falls behind at 310/s')
    expect(capacityText({ ...capacity, kind: 'at-least', limit: 'max-rate', brokenPerSecond: null, slo: [] })).toBe(
      'at least 300/s: no more was to be tried',
    )
    expect(capacityText({ ...capacity, kind: 'none', heldPerSecond: null, limit: 'errors', brokenPerSecond: 10 })).toBe(
      'no rate held with p(99)<100ms: the target fails at 10/s',
    )
  })

  test('with its rates from the lowest up, each slice in a row', () => {
    const [rates] = capacitySections({ ...exampleResult(), capacity })
    expect(rates?.table?.rows.map((row) => row.slice(0, 4))).toEqual([
      ['300', 'held', '300', '300'],
      ['', '', '300', '290'],
      ['', '', '300', '300'],
      ['310', 'behind', '310', '300'],
      ['', '', '310', '301'],
    ])
    expect(rates?.lines).toContain('throughput over the rates has its knee at 300/s')
  })

  test('with the scalability law, or why it says nothing', () => {
    const [, loops] = capacitySections({ ...exampleResult(), capacity })
    expect(loops?.lines).toEqual([
      'universal scalability law: 90/s of one loop, contention 0.05, coherency 0.001; off by 2.1%, R2 0.987',
      'peak of 804/s at 30.8 loops, knee at 4 loops',
    ])
    expect(loops?.table?.rows.length).toBe(6)
    const refused = { ...capacity, scalability: null, scalabilityWhyNone: 'the law is off by 27 %' }
    expect(capacitySections({ ...exampleResult(), capacity: refused })[1]?.lines).toEqual([
      'the universal scalability law says nothing: the law is off by 27 %',
    ])
  })

  test('beyond what was measured only as that', () => {
    const early = { ...capacity, loops: capacity.loops.slice(0, 3) }
    expect(capacitySections({ ...exampleResult(), capacity: early })[1]?.lines[1]).toContain('beyond what was measured')
  })

  test('in the verdict of the run, and nowhere where there is none', () => {
    expect(verdictLine({ ...exampleResult(), capacity })).toContain(`(capacity ${capacityText(capacity)})`)
    expect(capacitySections(exampleResult())).toEqual([])
  })
})
