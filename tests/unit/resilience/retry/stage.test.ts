import { describe, expect, it } from 'vitest'
import type { Rng } from '../../../../harness/kernel/rng.ts'
import { errorClasses, failure, type Outcome, statusFailure, success } from '../../../../harness/resilience/outcome.ts'
import { createBench, createOperation, ms, type ScriptedAttempt } from '../../../support/fake-attempts.ts'

const reset = failure('reset')
const failing: ScriptedAttempt = { afterNs: 0, outcome: reset }
const ends = (outcome: Outcome, afterNs = 0): ScriptedAttempt => ({ outcome, afterNs })

/** What becomes of one operation of a client with a retry, over attempts that go by a script. */
async function runOf(retry: object, script: (call: number) => ScriptedAttempt) {
  const operation = createOperation({ retry }, script)
  operation.begin()
  await operation.clock.advance(3_600_000 * ms)
  const { record, client } = operation
  const { attemptsMs, ends: ended } = record
  return { attemptsMs, ended, outcome: ended[0]?.outcome, counters: client.counters() }
}

describe('the budgets of classes', () => {
  const budgets = { transient: 5, flaky: 2, permanent: 0 }
  const retry = { budgets: {}, strategy: 'fixed', baseDelay: '1ms' }
  const kinds = {
    transient: reset,
    flaky: failure('check'),
    permanent: failure('status', 404),
  }

  it.each(
    (['transient', 'flaky', 'permanent'] as const).flatMap((kind) =>
      [0, 1, 2, 3, 5, 6, 7].map((k) => [kind, k] as const),
    ),
  )('of %s failures let an operation that fails %i times make 1 + min(k, budget) attempts (L2)', async (kind, k) => {
    const failed = kinds[kind]
    const { attemptsMs, outcome } = await runOf(retry, (call) => ends(call <= k ? failed : success))
    expect(attemptsMs).toHaveLength(1 + Math.min(k, budgets[kind]))
    // The last error comes out as it is.
    expect(outcome).toBe(k <= budgets[kind] ? success : failed)
  })

  it('are spent apart: errors of several classes add up (L2)', async () => {
    const mixed = [reset, kinds.flaky, reset, kinds.flaky, reset, reset, reset, reset, reset]
    const { attemptsMs, counters } = await runOf(retry, (call) => ends(mixed[call - 1] ?? success))
    expect(attemptsMs).toHaveLength(8)
    expect(counters).toMatchObject({ retries: 7, exhausted: 1 })
  })

  it('are as they are set (L5)', async () => {
    const own = { ...retry, budgets: { transient: 1, permanent: 3 } }
    expect((await runOf(own, () => ends(reset))).attemptsMs).toHaveLength(2)
    expect((await runOf(own, () => ends(kinds.permanent))).attemptsMs).toHaveLength(4)
  })

  it.each(['aborted', 'script', 'circuit-open', 'rate-limited'] as const)(
    'repeat nothing that ended as %s, however large they are (L4, P25)',
    async (error) => {
      const { attemptsMs, counters } = await runOf({ ...retry, budgets: { permanent: 9 } }, () => ends(failure(error)))
      expect(attemptsMs).toHaveLength(1)
      expect(counters).toMatchObject({ retries: 0, notRetryable: 1 })
    },
  )

  it('belong to each operation: those of others take nothing from them (L4, P24)', async () => {
    const bench = createBench({ retry })
    const operations = Array.from({ length: 100 }, () => createOperation(bench, () => failing))
    for (const { begin } of operations) begin()
    await bench.clock.advance(1000 * ms)
    for (const { record } of operations) expect(record.attemptsMs).toHaveLength(6)
  })

  it('grow by all failures, not by those of a class (L3)', async () => {
    const mixed = [reset, kinds.flaky, reset, kinds.flaky]
    const own = { budgets: {}, baseDelay: '100ms', maxDelay: '5s' }
    const { attemptsMs } = await runOf(own, (call) => ends(mixed[call - 1] ?? success))
    expect(attemptsMs).toEqual([0, 100, 300, 700, 1500])
  })
})

describe('presets', () => {
  it.each([
    ['network', 5, [1000, 2000, 4000, 8000]],
    ['database', 3, [500, 1000]],
    ['api', 4, [2000, 3000, 4500]],
  ] as const)('%s make %i calls with waits of %j ms (S1, S4, S6)', async (preset, calls, waits) => {
    const { attemptsMs } = await runOf({ preset, jitter: 0 }, () => failing)
    expect(attemptsMs).toHaveLength(calls)
    expect(attemptsMs.slice(1).map((at, index) => at - (attemptsMs[index] ?? 0))).toEqual(waits)
  })

  it.each(['network', 'database', 'api'])(
    '%s have a tenth of jitter, and other keys override them (S1)',
    async (preset) => {
      const { attemptsMs } = await runOf({ preset, maxCalls: 2 }, () => failing)
      const { attemptsMs: exact } = await runOf({ preset, maxCalls: 2, jitter: 0 }, () => failing)
      expect(attemptsMs).toHaveLength(2)
      expect(attemptsMs).not.toEqual(exact)
      const [wait = 0, wanted = 0] = [attemptsMs[1], exact[1]]
      expect(Math.abs(wait / wanted - 1)).toBeLessThanOrEqual(0.1)
    },
  )

  it('api repeats 429, 502, 503 and 504 and no other status (S1)', async () => {
    const repeated: number[] = []
    for (const status of [400, 408, 425, 429, 500, 502, 503, 504])
      if ((await runOf({ preset: 'api' }, () => ends(failure('status', status)))).attemptsMs.length > 1)
        repeated.push(status)
    expect(repeated).toEqual([429, 502, 503, 504])
  })
})

describe('a Retry-After', () => {
  const retry = { strategy: 'fixed', baseDelay: '50ms', maxDelay: '2s', maxCalls: 2 }
  const asking = (waitMs: number) => () => ends(statusFailure(503, waitMs * ms))

  it.each([
    [undefined, 1000, 1000],
    [undefined, 10, 50],
    [undefined, 10_000, 2000],
    ['always', 10_000, 10_000],
    ['always', 10, 50],
    ['ignore', 1000, 50],
  ])('with retryAfter %s of %i ms is waited for %i ms (S3, P71)', async (retryAfter, waitMs, waited) => {
    const { attemptsMs } = await runOf({ ...retry, ...(retryAfter && { retryAfter }) }, asking(waitMs))
    expect(attemptsMs).toEqual([0, waited])
  })

  it('past the deadline ends the operation at once (S3)', async () => {
    const { ended, counters } = await runOf({ ...retry, deadline: '500ms' }, asking(1000))
    expect(ended).toMatchObject([{ outcome: { status: 503 }, atMs: 0 }])
    expect(counters).toMatchObject({ deadlineGivenUp: 1, retries: 0 })
  })

  it('that asks for no next call ends the operation, unless it is ignored', async () => {
    const never = () => ends(statusFailure(14, Number.POSITIVE_INFINITY))
    const { attemptsMs, counters } = await runOf(retry, never)
    expect(attemptsMs).toHaveLength(1)
    expect(counters).toMatchObject({ notRetryable: 1 })
    expect((await runOf({ ...retry, retryAfter: 'ignore' }, never)).attemptsMs).toHaveLength(2)
  })
})

describe('a deadline over all calls', () => {
  const retry = { strategy: 'fixed', baseDelay: '50ms', maxCalls: 100 }

  it.each([
    ['151ms', [0, 50, 100, 150], 150],
    ['150ms', [0, 50, 100], 100],
    ['50ms', [0], 0],
    ['1ms', [0], 0],
  ])('of %s lets calls begin at %j ms and ends the operation at %i ms (P71)', async (deadline, expected, endMs) => {
    const { attemptsMs, ended, counters } = await runOf({ ...retry, deadline }, () => failing)
    expect(attemptsMs).toEqual(expected)
    expect(ended).toEqual([{ outcome: reset, atMs: endMs }])
    expect(counters).toMatchObject({ deadlineGivenUp: 1, exhausted: 0 })
  })

  it('counts from the begin of the operation, calls included', async () => {
    const { attemptsMs } = await runOf({ ...retry, deadline: '100ms' }, () => ends(reset, 30 * ms))
    expect(attemptsMs).toEqual([0, 80])
  })

  it('is that of a timeout around it as well: no wait is begun that it would cut off', async () => {
    const policies = { timeout: { operation: '120ms' }, retry }
    const { begin, record, clock, client } = createOperation(policies, () => failing)
    begin()
    await clock.advance(1000 * ms)
    expect(record).toMatchObject({ attemptsMs: [0, 50, 100], ends: [{ outcome: reset, atMs: 100 }] })
    expect(client.counters()).toMatchObject({ timeouts: 0, deadlineGivenUp: 1 })
  })

  it('is not that of a timeout of each attempt', async () => {
    const policies = { timeout: { attempt: '20ms' }, retry: { ...retry, maxCalls: 3 } }
    const { begin, record, clock } = createOperation(policies, () => ({ afterNs: 0 }))
    begin()
    await clock.advance(1000 * ms)
    expect(record.attemptsMs).toEqual([0, 70, 140])
  })
})

describe('a wait', () => {
  it('is drawn once and kept, whatever else happens meanwhile (P77)', async () => {
    const bench = createBench({ retry: { strategy: 'fullJitter', maxCalls: 4, baseDelay: '40ms' } })
    let drawn = 0
    const rng: Rng = {
      next: () => {
        drawn++
        return 0.5
      },
      fork: () => rng,
    }
    const { begin, record, clock } = createOperation(bench, () => failing, rng)
    begin()
    for (let at = 0; at < 200; at++) await clock.advance(ms)
    expect(record.attemptsMs).toEqual([0, 20, 60, 140])
    expect(drawn).toBe(3)
  })
})

describe('an abort', () => {
  it.each(['fixed', 'fullJitter', 'decorrelatedJitter', 'adaptive', 'selecting'])(
    'ends the wait of a %s retry at once, with no other call (L4, P25)',
    async (strategy) => {
      const { begin, abort, record, clock, wheel, client } = createOperation(
        { retry: { strategy, baseDelay: '10s', maxDelay: '100s' } },
        () => failing,
      )
      begin()
      await clock.advance(1e-3 * ms)
      abort()
      await clock.advance(3_600_000 * ms)
      expect(record.attemptsMs).toEqual([0])
      expect(record.ends).toEqual([{ outcome: failure('aborted'), atMs: 1e-3 }])
      expect([wheel.size, clock.pending()]).toEqual([0, 0])
      expect(client.counters()).toMatchObject({ retries: 0, backoffUs: 1 })
    },
  )
})

describe('a budget of the client', () => {
  const retry = { strategy: 'fixed', baseDelay: '10ms', maxCalls: 2 }
  const budgets = {
    tokenBucket: { kind: 'tokenBucket', minRetriesPerSecond: 0 },
    grpc: { kind: 'grpc' },
    aws: { kind: 'aws', capacity: 25 },
    concurrent: { kind: 'concurrent', minConcurrency: 2, share: 0 },
  }

  it.each([
    ['tokenBucket', 20],
    // Of its ten tokens the fifth failure takes the last that lets anyone try again.
    ['grpc', 4],
    ['aws', 5],
    ['concurrent', 2],
  ] as const)(
    'of the kind %s lets %i of a hundred operations that fail at once try again (P71)',
    async (kind, extra) => {
      const bench = createBench({ retry: { ...retry, budget: budgets[kind] } })
      const operations = Array.from({ length: 100 }, () =>
        createOperation(bench, () => ends(failure('status', 503), ms)),
      )
      for (const { begin } of operations) begin()
      await bench.clock.advance(100 * ms)
      const attempts = operations.reduce((sum, { record }) => sum + record.attemptsMs.length, 0)
      expect(attempts).toBe(100 + extra)
      const refused = operations.filter(({ record }) => record.ends[0]?.outcome.error === 'budget-exhausted')
      expect(refused).toHaveLength(100 - extra)
      // What they say of the target is not lost.
      expect(refused[0]?.record.ends[0]?.outcome).toEqual(failure('budget-exhausted', 503))
      expect(bench.client.counters()).toMatchObject({ budgetRefused: 100 - extra, retries: extra, exhausted: extra })
    },
  )

  it.each(['attempt', 'wait', 'second attempt'] as const)(
    'gets back what an operation held that was aborted in its %s',
    async (during) => {
      const bench = createBench({ retry: { ...retry, budget: { kind: 'concurrent', share: 0, minConcurrency: 1 } } })
      for (let run = 0; run < 10; run++) {
        const script = (call: number): ScriptedAttempt => ({ afterNs: 0, ...(call === 1 && { outcome: reset }) })
        const one = createOperation(bench, during === 'attempt' ? () => ({ afterNs: 0 }) : script)
        one.begin()
        await bench.clock.advance((during === 'wait' ? 5 : 15) * ms)
        expect(one.record.attemptsMs).toHaveLength(during === 'second attempt' ? 2 : 1)
        one.abort()
      }
      const next = createOperation(bench, (call) => ends(call === 1 ? reset : success))
      next.begin()
      await bench.clock.advance(20 * ms)
      expect(next.record.ends).toMatchObject([{ outcome: success }])
    },
  )

  it('gets back what lingers once it has really stopped', async () => {
    const bench = createBench({ retry: { ...retry, budget: { kind: 'concurrent', share: 0, minConcurrency: 1 } } })
    const one = createOperation(bench, (call) => (call === 1 ? failing : { afterNs: 0, lingersNs: 50 * ms }))
    one.begin()
    await bench.clock.advance(15 * ms)
    one.abort()
    const outcomes: unknown[] = []
    for (let run = 0; run < 2; run++) {
      const next = createOperation(bench, (call) => ends(call === 1 ? reset : success))
      next.begin()
      await bench.clock.advance(60 * ms)
      outcomes.push(next.record.ends[0]?.outcome.error)
    }
    expect(outcomes).toEqual(['budget-exhausted', null])
  })
})

describe('the counters of a retry', () => {
  it('tell operations apart by how they ended, and add up to the attempts (S5, P72)', async () => {
    const bench = createBench({ retry: { strategy: 'fixed', baseDelay: '10ms', maxCalls: 3, nonIdempotent: false } })
    const scripts: Readonly<Record<string, (call: number) => ScriptedAttempt>> = {
      fine: () => ends(success),
      recovered: (call) => ends(call < 3 ? reset : success),
      exhausted: () => failing,
      notRetryable: () => ends(failure('status', 404)),
    }
    const operations = Object.values(scripts).map((script) => createOperation(bench, script))
    const unsafe = createOperation(bench, () => failing)
    for (const { begin } of operations) begin()
    unsafe.begin({ idempotent: false })
    await bench.clock.advance(1000 * ms)
    expect(bench.client.counters()).toEqual({
      retries: 4,
      recovered: 1,
      exhausted: 1,
      notRetryable: 1,
      notIdempotent: 1,
      deadlineGivenUp: 0,
      budgetRefused: 0,
      backoffUs: 40_000,
    })
    const attempts = [...operations, unsafe].reduce((sum, { record }) => sum + record.attemptsMs.length, 0)
    expect(attempts).toBe(5 + 4)
  })

  it('count a repetition once it has begun: with the operations they are all attempts (H2)', async () => {
    const bench = createBench({ retry: { strategy: 'fixed', baseDelay: '10ms', maxCalls: 4 } })
    const operations = Array.from({ length: 40 }, () => createOperation(bench, () => ends(reset, ms)))
    for (const [index, { begin, abort }] of operations.entries()) {
      begin()
      bench.clock.after((index + 0.5) * ms, abort)
    }
    await bench.clock.advance(100 * ms)
    const attempts = operations.reduce((sum, { record }) => sum + record.attemptsMs.length, 0)
    expect(operations.length + (bench.client.counters()['retries'] ?? 0)).toBe(attempts)
  })

  it('count nothing where there is no repetition to speak of', async () => {
    for (const error of errorClasses) {
      const { counters } = await runOf({ strategy: 'none' }, () => ends(failure(error, error === 'status' ? 503 : 0)))
      expect(Object.values(counters).every((count) => count === 0)).toBe(true)
    }
  })
})
