import { expect, test } from 'vitest'
import { createHistogram } from '../../../harness/measure/histogram.ts'
import type { WindowMeasurement } from '../../../harness/measure/measurements.ts'
import { countDuration, emptyRetryFigures } from '../../../harness/measure/retry-figures.ts'
import { metricsRegistry } from '../../../harness/pipeline/metrics-registry.ts'
import { RunTotals } from '../../../harness/pipeline/metrics-totals.ts'
import { Breaker } from '../../../harness/resilience/breaker/breaker.ts'
import { parseBreaker } from '../../../harness/resilience/breaker/settings.ts'
import { parseExposition, samplesOf } from '../../support/exposition.ts'

const arm = 'policy.stack/policy-direct'

/** Totals of one arm of which each metric has something to say. */
function totalsOf(): RunTotals {
  const totals = new RunTotals()
  const figures = emptyRetryFigures()
  figures.attempts.splice(0, 6, 9, 4, 3, 2, 1, 7)
  figures.recovered = 3
  for (const ms of [5, 5.1, 20_000]) countDuration(figures.durations, ms * 1e6)
  const breaker = new Breaker('db', parseBreaker({ name: 'db' }))
  breaker.force('open', 0)
  totals.addReading({
    arm,
    worker: 0,
    atNs: 0,
    operations: { ok: 5, failed: 2, degraded: 1 },
    attempts: 26,
    policyCounters: { retries: 17 },
    retries: { 'say "hi"\\\n': figures },
    breakers: [{ name: 'db', stats: breaker.stats(0), failures: 6 }],
    bulkheads: [{ name: null, active: 3, slots: 4, rejected: 8 }],
  })
  return totals
}

async function scrape(totals: RunTotals) {
  return parseExposition(await metricsRegistry(totals).metrics())
}

test('each metric of S18 is told as it is, in a format that a strict reader takes (S18, P75)', async () => {
  const metrics = await scrape(totalsOf())
  const operation = 'say \\"hi\\"\\\\\\n'
  const told = (name: string) => samplesOf(metrics, name).map(({ labels, value }) => [labels, value])
  expect(told('circuit_breaker_state')).toEqual([
    [{ name: `${arm}:db`, state: 'closed', arm }, 0],
    [{ name: `${arm}:db`, state: 'open', arm }, 1],
    [{ name: `${arm}:db`, state: 'half_open', arm }, 0],
  ])
  expect(told('circuit_breaker_failures_total')).toEqual([[{ name: `${arm}:db`, arm }, 6]])
  expect(told('retry_attempts_total')).toEqual(
    [9, 4, 3, 2, 1, 7].map((count, index) => [{ operation, attempt: index < 5 ? `${index + 1}` : '6+', arm }, count]),
  )
  expect(told('retry_success_total')).toEqual([[{ operation, arm }, 3]])
  expect(told('bulkhead_active_calls')).toEqual([[{ resource: arm, arm }, 3]])
  expect(told('bulkhead_rejected_calls_total')).toEqual([[{ resource: arm, arm }, 8]])
  expect(told('bulkhead_utilization_ratio')).toEqual([[{ resource: arm, arm }, 0.75]])
  const buckets = samplesOf(metrics, 'retry_duration_seconds_bucket')
  expect(buckets.map(({ labels, value }) => [labels['le'], value])).toEqual([
    ['0.005', 1],
    ['0.01', 2],
    ...['0.025', '0.05', '0.1', '0.25', '0.5', '1', '2.5', '5', '10'].map((le) => [le, 2]),
    ['+Inf', 3],
  ])
  expect(samplesOf(metrics, 'retry_duration_seconds_sum')[0]?.value).toBeCloseTo(20.0101, 9)
})

test('what a run does besides is told under names of our own', async () => {
  const totals = totalsOf()
  const latency = createHistogram()
  for (const us of [90, 400, 400, 3_000]) latency.record(us)
  totals.phase = 'stress smoke'
  totals.addWindow({ identity: { id: arm }, okLatency: latency.encode(), memoryKb: 2 } as WindowMeasurement)
  const metrics = await scrape(totals)
  const told = (name: string) => samplesOf(metrics, name).map(({ labels, value }) => [labels, value])
  expect(told('soakrig_operations_total')).toEqual([
    [{ outcome: 'ok', arm }, 5],
    [{ outcome: 'failed', arm }, 2],
    [{ outcome: 'degraded', arm }, 1],
  ])
  expect(told('soakrig_attempts_total')).toEqual([[{ arm }, 26]])
  expect(told('soakrig_policy_count_total')).toEqual([[{ counter: 'retries', arm }, 17]])
  expect(told('soakrig_target_rss_bytes')).toEqual([[{}, 2048]])
  expect(told('soakrig_phase')).toEqual([[{ phase: 'stress smoke' }, 1]])
  const buckets = samplesOf(metrics, 'soakrig_ok_latency_seconds_bucket').map(({ value }) => value)
  expect(buckets.slice(0, 6)).toEqual([1, 1, 3, 3, 3, 4])
  expect(buckets.at(-1)).toBe(4)
})

test('what is not known yet is not told, least of all as 0', async () => {
  const metrics = await scrape(new RunTotals())
  expect([...metrics.values()].flatMap(({ samples }) => samples)).toEqual([])
  expect(metrics.size).toBe(15)
})

test('a scrape changes nothing: the next one says the same', async () => {
  const registry = metricsRegistry(totalsOf())
  const first = await registry.metrics()
  expect(await registry.metrics()).toBe(first)
})
