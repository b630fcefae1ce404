import { expect, test } from 'vitest'
import { validateResult } from '../../../harness/archive/validate.ts'
import { renderResult } from '../../../harness/report/result-text.ts'
import { exampleResult, loadResult, scheduledResult } from '../../fixtures/results/example.ts'

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
    p50 and p99 are of all operations, failed and refused ones at their own time

    bounds
      policy.latency/policy-relay: ok: latency: p(99)<200ms, found 41.439
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

    what client policies did
      policy.retry/policy-relay: retries 905

    figures
      stress/baseline-direct: 20,000 ok/s, errors 0%, 40,000 operations in 2s
      wire: 330 MB/s in, 1.28 MB/s out, 12 connections made
      target: 50 µs of CPU per request, memory +544 KiB, files 0

    latency in ms
      stress/baseline-direct     mean    p50    p90    p95    p99  p99.9    max
      from send (service time)  0.204    0.2  0.261   0.28  0.311  0.339  0.356
      to connect                0.101  0.103  0.113  0.114  0.114  0.114  0.114
      to the first byte         0.204    0.2  0.261   0.28  0.311  0.339  0.356

    cost of measuring
      fault path: relay against direct x0.500 ok/s, p50 +0.2 ms
      policy.retry/client-direct: overhead 310 ns per operation

    differences, latency of all operations, ± their spread over slices (decide nothing)
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
  expect(text).toContain('\n  ended by itself: SIGSEGV\n    last words')
  result.target.exit = { name: 'replica', ...result.target.exit }
  expect(validateResult(result)).toEqual([])
  expect(renderResult(result, { color: false })).toContain('\n  replica ended by itself: SIGSEGV\n')
  expect(text).toContain('baseline/baseline-direct: the target served 40000, expected 40000: 7 apart, 0 allowed')
})

test('the count of another target that differs stands beside that of the first one', () => {
  const result = exampleResult()
  const arm = result.phases[0]!.arms[0]!
  const reconciliation = { ...arm.reconciliation, status: 'mismatch' as const, expected: 3, difference: 2 }
  const attempts = { count: 3, failed: 0, cancelled: 0 }
  arm.others = { replica: { attempts, errors: {}, server: { requests: 5 }, reconciliation } }
  expect(renderResult(result, { color: false })).toContain(
    'baseline/baseline-direct: the target replica served 5, expected 3: 2 apart, 0 allowed',
  )
})

test('a row of the table of arms names the commonest classes, and what others than the target answered', () => {
  const result = exampleResult()
  const arm = result.phases.find(({ id }) => id === 'policy.retry')!.arms.at(-1)!
  Object.assign(arm.operations, { ok: 90, failed: 10, degraded: 25 })
  arm.errors = { reset: 2, 'circuit-open': 8, timeout: 0 }
  const rowIn = (): string =>
    renderResult(result, { color: false, width: 140 }).match(/^policy\.retry +relay .*reset 9.*$/mu)?.[0] ?? ''
  expect(rowIn()).toMatch(/ 10% circuit-open, reset +25% /u)
  arm.errors = { reset: 2, 'circuit-open': 8, closed: 3, status: 1 }
  expect(rowIn()).toMatch(/ 10% circuit-open, closed, reset, … +25% /u)
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

test('a run that a signal ended says so once', () => {
  const result = exampleResult()
  const reasons = ['ended by a signal; this is what was measured until then']
  Object.assign(result.run, { status: 'aborted', abortedBy: 'signal', verdict: 'inconclusive', reasons, exitCode: 105 })
  const [line] = renderResult(result, { color: false }).split('\n')
  expect(line).toBe('inconclusive: ended by a signal; this is what was measured until then [exit 105]')
})

test('an overhead that could not be measured says why', () => {
  const result = exampleResult()
  result.phases[0]!.arms[0]!.overheadWhyNone = 'it waits'
  expect(renderResult(result, { color: false })).toContain('baseline/baseline-direct: overhead not measured: it waits')
})

test('colours change nothing but colours', () => {
  const plain = renderResult(exampleResult(), { color: false, width: 70 })
  const colored = renderResult(exampleResult(), { color: true, width: 70 })
  expect(colored).not.toBe(plain)
  // oxlint-disable-next-line eslint/no-control-regex -- an escape sequence starts with a control character
  const bare = colored.replaceAll(/\u001B\[\d+m/gu, '').replaceAll(/ +$/gmu, '')
  expect(bare).toBe(plain)
})

test('ad hoc load has all that a load generator shows, before anything else', () => {
  expect(renderResult(loadResult(), { color: false, width: 120 })).toMatchInlineSnapshot(`
    "pass (not compared: no earlier smoke of default)
    soakrig 0.1.0 load load --mode smoke, seed 1, run f0f0f0f0, 2026-01-01T00:00:00.000Z, 27.5s, commit 0123456789ab

    arm   path    ok/s  p50 ms  p99 ms  from            errors
    load  direct   495       2    3.11  intended start  1% timeout, reset
    p50 and p99 are of all operations, failed and refused ones at their own time

    figures
      load/baseline-direct: 495 ok/s, errors 1%, 1,000 operations in 2s, 10 failed
      iterations by schedule: intended 510/s, achieved 500/s, 20 dropped (1.96%)
      wire: 1.23 MB/s in, 40.5 kB/s out, 53 connections made
      target: 50 µs of CPU per request, memory +544 KiB, files 0

    latency in ms
      load/baseline-direct              mean    p50    p90    p95    p99  p99.9    max
      from intended start (corrected)   2.04      2   2.61    2.8   3.11   3.39   3.56
      from send (service time)         0.204    0.2  0.261   0.28  0.311  0.339  0.356
      send lateness                    0.102    0.1  0.131   0.14  0.155   0.17  0.178
      to connect                       0.101  0.103  0.113  0.114  0.114  0.114  0.114
      to the first byte                0.204    0.2  0.261   0.28  0.311  0.339  0.356

    errors
      failed operations: timeout 7, reset 3
      7 × timeout: no answer within 5s
      3 × reset: read ECONNRESET

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

    pass (not compared: no earlier smoke of default)"
  `)
})

test('latency in the table of arms is what limits are held against, and says what it is from where that is not the send', () => {
  const line = (result: ReturnType<typeof exampleResult>, start: string): string =>
    renderResult(result, { color: false, width: 140 })
      .split('\n')
      .find((one) => one.startsWith(start))!
  expect(line(exampleResult(), 'arm ')).not.toContain('from')
  const mixed = scheduledResult()
  mixed.phases.at(-1)!.arms[0]!.correctedLatencyMs = null
  expect(line(mixed, 'arm ')).toMatch(/ p99 ms +from +errors /u)
  expect(line(mixed, 'baseline             direct')).toMatch(/ 20,000 +2 +2\.79 +intended start +0%/u)
  expect(line(mixed, 'stress  ')).toMatch(/ 20,000 +0\.2 +0\.311 +send +0%/u)
})

test('columns in which no arm has anything to tell are left out', () => {
  const head = renderResult(loadResult(), { color: false, width: 120 }).split('\n')[3]
  expect(head?.split(/ {2,}/u)).toEqual(['arm', 'path', 'ok/s', 'p50 ms', 'p99 ms', 'from', 'errors'])
})

test('what a protocol counted is told where it counted anything', () => {
  const result = exampleResult()
  result.phases[0]!.arms[0]!.protocolCounters = { 'udp.sent': 20_000, 'udp.lost': 12, 'udp.late': 0 }
  const text = renderResult(result, { color: false })
  expect(text).toContain('counted by the protocol\n  baseline/baseline-direct: udp.sent 20,000, udp.lost 12\n')
  result.phases[0]!.arms[0]!.protocolCounters = { 'udp.late': 0 }
  expect(renderResult(result, { color: false })).not.toContain('counted by the protocol')
})
