import { describe, expect, it } from 'vitest'
import { createRng } from '../../../../harness/kernel/rng.ts'
import { concurrencyLimit } from '../../../../harness/resilience/limiter/concurrency-limit.ts'
import { ConcurrencyLimiter } from '../../../../harness/resilience/limiter/concurrency-limiter.ts'
import { failure, success } from '../../../../harness/resilience/outcome.ts'
import { PolicyLog } from '../../../../harness/resilience/policy-log.ts'
import { factsOf } from '../../../support/facts.ts'
import { createBench, createOperation, type FakeOperation, ms } from '../../../support/fake-attempts.ts'

/** Closed loops for a while on a target that answers within `serviceMs` to so many at once, and in turn to more. */
async function loops(settings: object, { count = 60, serviceMs = 10, width = 8, most = 1e9 } = {}) {
  const bench = createBench({ concurrencyLimit: settings })
  const operations: readonly FakeOperation[] = Array.from({ length: count }, () =>
    createOperation(bench, () => {
      const inFlight = operations.reduce((sum, { record }) => sum + record.inFlight, 0)
      if (inFlight > most) return { afterNs: ms, outcome: failure('status', 503) }
      return { afterNs: serviceMs * Math.max(1, inFlight / width) * ms, outcome: success }
    }),
  )
  let peak = 0
  for (let at = 0; at < 2000; at++) {
    // Whoever is free asks again each millisecond.
    for (const of of operations) if (!of.running()) of.begin()
    peak = Math.max(
      peak,
      operations.reduce((sum, { record }) => sum + record.inFlight, 0),
    )
    await bench.clock.advance(ms)
  }
  for (const of of operations) of.abort()
  return { ...bench, operations, peak }
}

describe('a concurrency limit', () => {
  it('by vegas finds about how much the target takes at once, and refuses the rest (P49)', async () => {
    const { client, operations } = await loops({ algorithm: 'vegas' })
    const limits = client.log.take().kept.map(({ event }) => Number(event.replace('limit ', '')))
    const last = limits.slice(-10)
    expect(Math.max(...last)).toBeLessThan(30)
    expect(Math.min(...last)).toBeGreaterThanOrEqual(6)
    const errors = new Set(operations.flatMap(({ record }) => record.ends.map(({ outcome }) => outcome.error)))
    expect(errors).toEqual(new Set([null, 'bulkhead-rejected', 'aborted']))
  })

  it('by AIMD goes up until the target refuses, and down then', async () => {
    const { client, peak } = await loops({ algorithm: 'aimd', min: 1 }, { most: 30 })
    const { concurrencyRaised = 0, concurrencyLowered = 0 } = client.counters()
    expect(concurrencyRaised).toBeGreaterThan(20)
    expect(concurrencyLowered).toBeGreaterThan(5)
    const peaks = client.takePeaks()
    expect(peaks['concurrencyPeak']).toBe(peak)
    expect(peaks['concurrencyLimitPeak']).toBeLessThan(45)
    expect(peak).toBeLessThanOrEqual(peaks['concurrencyLimitPeak']!)
  })

  it('by gradient2 grows with each second in which answers are no slower, and falls where they are', () => {
    const limiter = new ConcurrencyLimiter(concurrencyLimit.parse({ min: 5 }), new PolicyLog(), createRng(1))
    const second = (from: number, tookMs: number) => {
      for (let end = 0; end <= 20; end++) limiter.learn(success, tookMs * ms, 20, (from + end / 20) * 1e9)
      return limiter.slots.limits.own
    }
    expect([0, 1, 2, 3, 4].map((from) => second(2 * from, 10))).toEqual([20, 21, 22, 23, 24])
    expect(second(20, 60)).toBeLessThan(24)
    expect(limiter.changes).toMatchObject({ raised: 4, lowered: 1, highest: 24 })
  })

  it('does not learn from its own refusals, nor from those of other policies of the client', () => {
    const limiter = new ConcurrencyLimiter(
      concurrencyLimit.parse({ algorithm: 'aimd', min: 1 }),
      new PolicyLog(),
      createRng(1),
    )
    for (const error of ['bulkhead-rejected', 'pool-timeout', 'rate-limited', 'circuit-open', 'aborted'] as const)
      limiter.learn(failure(error), ms, 20, 0)
    expect(limiter.slots.limits.own).toBe(20)
    limiter.learn(failure('timeout'), ms, 20, 0)
    expect(limiter.slots.limits.own).toBe(18)
  })

  it('tells of changes by a tenth, not of each', () => {
    const log = new PolicyLog()
    const limiter = new ConcurrencyLimiter(concurrencyLimit.parse({ algorithm: 'aimd' }), log, createRng(1))
    for (let end = 0; end < 4; end++) limiter.learn(success, ms, 20, end)
    expect(log.take().kept).toEqual([
      { atNs: 1, policy: 'concurrencyLimit', name: null, event: 'limit 22', from: 'limit 20', reason: null },
    ])
    expect(limiter.changes).toEqual({ raised: 4, lowered: 0, highest: 24 })
  })

  it('gives out at once what it has gained, also while work goes on that was given up', async () => {
    const bench = createBench([
      { concurrencyLimit: { algorithm: 'aimd', min: 1, max: 2, initial: 1, maxQueue: 1 } },
      { hedge: { delay: '5ms' } },
    ])
    const first = createOperation(bench, (call) => ({
      afterNs: (call === 1 ? 500 : 5) * ms,
      outcome: success,
      lingersNs: call === 1 ? 500 * ms : 0,
    }))
    const second = createOperation(bench, () => ({ afterNs: ms, outcome: success }))
    first.begin()
    second.begin()
    await bench.clock.advance(2000 * ms)
    expect(first.record.ends).toMatchObject([{ atMs: 10 }])
    expect(second.record.ends).toMatchObject([{ atMs: 11 }])
    expect(bench.client.counters()).toMatchObject({ concurrencyRaised: 1 })
  })

  it('lets wait in order where there is a line, for as long as it may', async () => {
    const client = { concurrencyLimit: { initial: 1, min: 1, maxQueue: 2, maxWait: '150ms' } }
    const bench = createBench(client)
    const operations = Array.from({ length: 4 }, () =>
      createOperation(bench, () => ({ afterNs: 100 * ms, outcome: success })),
    )
    for (const { begin } of operations) begin()
    await bench.clock.advance(1000 * ms)
    expect(operations.map(({ record }) => [record.attemptsMs[0], record.ends[0]!.atMs])).toEqual([
      [0, 100],
      [100, 200],
      [undefined, 150],
      [undefined, 0],
    ])
    expect(bench.client.counters()).toMatchObject({
      concurrencyAccepted: 2,
      concurrencyQueued: 2,
      concurrencyTimedOut: 1,
      concurrencyRejected: 1,
      concurrencyAbandoned: 0,
    })
    expect(bench.client.takePeaks()).toMatchObject({ concurrencyPeak: 1, concurrencyQueuePeak: 2 })
    // Peaks start anew, but the limit is what it is.
    expect(bench.client.takePeaks()).toMatchObject({ concurrencyPeak: 0, concurrencyLimitPeak: 1 })
  })
})

describe('what a concurrency limit is expected to show', () => {
  const context = (policyPeaks: Record<string, number>) => ({
    injectedShare: 0,
    backgroundShare: 0,
    idempotentShare: 1,
    others: [],
    facts: factsOf({ policyPeaks }),
  })

  it('is never more at work than the limit was, and that within its range', () => {
    const settings = concurrencyLimit.parse({ max: 40 })
    const seen = (concurrencyPeak: number, concurrencyLimitPeak: number) =>
      concurrencyLimit.expect(settings, context({ concurrencyPeak, concurrencyLimitPeak })).map(({ ok }) => ok)
    expect(seen(30, 30)).toEqual([true, true])
    expect(seen(31, 30)).toEqual([true, false])
    expect(seen(30, 41)).toEqual([false, true])
  })

  it('is not known beside a second one, which counts under the same names', () => {
    const seen = { ...context({ concurrencyPeak: 99, concurrencyLimitPeak: 1 }), others: ['concurrencyLimit'] }
    expect(concurrencyLimit.expect(concurrencyLimit.parse({}), seen)).toEqual([])
  })
})
