import { expect, test } from 'vitest'
import { renderResult } from '../../../harness/report/result-text.ts'
import { exampleResult } from '../../fixtures/results/example.ts'

test('a result reads from its verdict to its verdict', () => {
  expect(renderResult(exampleResult(), { color: false, width: 100 })).toMatchInlineSnapshot(`
    "pass (not compared: no earlier smoke of default)
    soakrig 0.1.0 soak default --mode smoke, seed 1, run f0f0f0f0, 2026-01-01T00:00:00.000Z, 27.5s, commit 0123456789ab

    arm                  path      ok/s  p50 ms  p99 ms  errors       fired            effect  bounds
    baseline             direct  20,000     0.2   0.279  0%           -                -       -
    baseline             relay   10,000     0.4   0.558  0%           -                -       -
    baseline control     direct  19,600   0.205   0.286  0%           -                -       -
    policy.latency       relay      146    41.1    41.4  0%           latency 292/292  ok      ok
    policy.retry client  direct  18,667    0.21   0.294  0%           -                -       -
    policy.retry fault   relay    8,873    0.42   0.587  4.93% reset  reset 690/18667  ok      -
    policy.retry         relay    8,667    0.45   0.779  0%           reset 905/18200  ok      ok
    stress               direct  20,000     0.2   0.311  0%           -                -       -

    bounds
      policy.latency/policy-relay: ok: latency: p(99)<200ms, found 41.6
      policy.latency/policy-relay: ok: errors: rate<1%, found 0
      policy.retry/policy-relay: ok: errors: rate<0.5%, found 0

    ceilings
      baseline/baseline-direct: ok: error rate <= 0.02, found 0
      stress/baseline-direct: ok: error rate <= 0.02, found 0
      stress stage: ok: RSS delta <= 131072 KiB, found 544 at 23s to 24s

    thresholds
      stress/baseline-direct: ok: latency: p(99)<200ms, found 0.311

    doubts
      note: one-round, one round shows differences, but cannot decide about them (taints comparisons)

    not measured
      policy jitter: not chosen

    figures
      stress/baseline-direct: 20,000 ok/s, errors 0%
      latency in ms: p50 0.2, p90 0.261, p99 0.311, max 0.356
      target: 50 µs of CPU per request, memory +544 KiB, files 0

    cost of measuring
      fault path: relay against direct x0.500 ok/s, p50 +0.2 ms
      policy.retry/client-direct: overhead 310 ns per operation

    differences, ± their spread over slices (decide nothing yet)
      baseline/control-direct against baseline/baseline-direct: throughput x0.980 ±4.08%, p50 x1.025 ±4.08%, p99 x1.025 ±4.08%
      policy.latency/policy-relay against baseline/baseline-relay: throughput x0.015 ±4.08%, p50 x102.637 ±4.08%, p99 x74.263 ±4.08%
      policy.retry/client-direct against baseline/baseline-direct: throughput x0.933 ±4.08%, p50 x1.050 ±4.08%, p99 x1.054 ±4.08%
      policy.retry/policy-relay against baseline/baseline-relay: throughput x0.867 ±4.08%, p50 x1.125 ±4.08%, p99 x1.396 ±4.08%
      policy.retry/policy-relay against policy.retry/fault-relay: throughput x0.977 ±4.08%, p50 x1.071 ±4.08%, p99 x1.327 ±4.08%

    pass (not compared: no earlier smoke of default)"
  `)
})

test('a broken run says first and last what broke, and shows where', () => {
  const result = exampleResult()
  Object.assign(result.run, { verdict: 'fail', exitCode: 99, reasons: ['p(99)<200ms broken, found 312', 'another'] })
  Object.assign(result.phases[1]!.arms[0]!.bounds[0]!, { ok: false, actual: 312 })
  const text = renderResult(result, { color: false })
  const line = 'fail: p(99)<200ms broken, found 312 (and 1 more) [exit 99]'
  expect(text.startsWith(`${line}\n`)).toBe(true)
  expect(text.endsWith(`\n${line}`)).toBe(true)
  expect(text).toMatch(/^policy\.latency +relay .* ok +broken$/mu)
  expect(text).toContain('policy.latency/policy-relay: broken: latency: p(99)<200ms, found 312')
})

test('an effect that did not show is void, and one that could not show is unclear', () => {
  const result = exampleResult()
  const [first] = result.phases[1]!.arms[0]!.effects
  Object.assign(first!, { ok: false, observed: 0 })
  expect(renderResult(result, { color: false })).toMatch(/^policy\.latency +relay .* void +ok$/mu)
  expect(renderResult(result, { color: false })).toContain('fired.latency found 0, expected 1 to 1 share')
  Object.assign(first!, { inconclusive: 'nothing fired in 3 exchanges' })
  expect(renderResult(result, { color: false })).toMatch(/^policy\.latency +relay .* unclear +ok$/mu)
})

test('a target that died, a mismatch of counts and sabotage are shown', () => {
  const result = exampleResult()
  result.target.exit = { code: null, signal: 'SIGSEGV', tail: ['last words'] }
  result.target.restarts.unplanned = 1
  result.sabotage = 'stats-skew'
  const arm = result.phases[0]!.arms[0]!
  Object.assign(arm.reconciliation, { status: 'mismatch', difference: 7 })
  const text = renderResult(result, { color: false })
  expect(text).toContain('sabotaged by stats-skew')
  expect(text).toContain('ended by itself: SIGSEGV\n    last words')
  expect(text).toContain('baseline/baseline-direct: the target served 40000, expected 40000: 7 apart, 0 allowed')
})

test('a run in which nothing was measured has a report all the same', () => {
  const result = exampleResult()
  Object.assign(result, { phases: [], slices: [], comparisons: [], ceilings: [], thresholds: [] })
  Object.assign(result.run, {
    status: 'aborted',
    abortedBy: 'SIGINT',
    verdict: 'inconclusive',
    reasons: [],
    exitCode: 105,
  })
  result.metrics.source = null
  expect(renderResult(result, { color: false })).toMatch(
    /^inconclusive: ended early by SIGINT; no reason given \[exit 105\]\n/u,
  )
})

test('colours change nothing but colours', () => {
  const plain = renderResult(exampleResult(), { color: false, width: 70 })
  const colored = renderResult(exampleResult(), { color: true, width: 70 })
  expect(colored).not.toBe(plain)
  // oxlint-disable-next-line eslint/no-control-regex -- an escape sequence starts with a control character
  const bare = colored.replaceAll(/\u001B\[\d+m/gu, '').replaceAll(/ +$/gmu, '')
  expect(bare).toBe(plain)
})
