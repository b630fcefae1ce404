import { expect, test } from 'vitest'
import type { ResultAdjusted, ResultTolerance } from '../../../harness/archive/tune.ts'
import { renderResult } from '../../../harness/report/result-text.ts'
import { exampleResult } from '../../fixtures/results/example.ts'

const trial = {
  held: true,
  whyVoid: null,
  near: false,
  ok: 200,
  failed: 1,
  p50: 21.7,
  p99: 30,
  baselineP50: 0.5,
  bounds: [],
}
const strength = { policy: 'slow', parameter: 'latency.delay', unit: 'ms', harder: 'more', from: 20 } as const
const bounds = ['latency: p(50)<60ms']
const tolerance: ResultTolerance = {
  ...strength,
  bounds,
  steps: [{ value: 20, verdict: 'held', held: 1, of: 1, trials: [trial] }],
  kind: 'found',
  holds: 56.6,
  breaks: 61.7,
  monotonic: true,
  precise: true,
  limit: null,
  boundsOf: 'policy',
  boundsBroken: bounds,
  doubts: ['it is so'],
}
const adjusted: ResultAdjusted = {
  ...strength,
  bounds,
  steps: [],
  from: 200,
  to: 85,
  whyNone: null,
  measured: [{ value: 100, held: false, bounds: [] }],
  written: { '/policies/slow/fault/latency/delay': '85ms' },
}

test('a tolerance is told with both its ends, and every trial of it', () => {
  const result = exampleResult()
  const passed = { ...result, run: { ...result.run, verdict: 'pass' as const, reasons: [] }, doubts: [] }
  const text = renderResult({ ...passed, tolerance: [tolerance] }, { color: false })
  expect(text).toContain('tolerance of slow: latency.delay holds at 56.6ms, breaks at 61.7ms')
  expect(text).toContain('slow: it is so')
  expect(text).toMatch(/slow +20ms +held +1 of 1 +21\.7 +30 +1 +201 +0\.5/u)
})

test('adjusted policies stand behind the verdict, with what to write', () => {
  const result = exampleResult()
  const passed = { ...result, run: { ...result.run, verdict: 'pass' as const, reasons: [] }, doubts: [] }
  const text = renderResult({ ...passed, adjusted: [adjusted] }, { color: false, width: 200 })
  expect(text).toContain('pass with 1 policy adjusted: latency.delay 200ms -> 85ms')
  expect(text).toContain('/policies/slow/fault/latency/delay: "85ms"')
  expect(text).toContain('at 100ms it held in trials')
  const none = { ...adjusted, to: null, whyNone: 'the time was over' }
  expect(renderResult({ ...passed, adjusted: [none] }, { color: false })).toContain(
    'slow: not adjusted, the time was over',
  )
})
