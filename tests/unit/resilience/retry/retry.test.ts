import { describe, expect, it } from 'vitest'
import { createRng } from '../../../../harness/kernel/rng.ts'
import {
  type ErrorClass,
  errorClasses,
  failure,
  type Outcome,
  success,
} from '../../../../harness/resilience/outcome.ts'
import { failureClassOf } from '../../../../harness/resilience/classify.ts'
import { retry } from '../../../../harness/resilience/retry/retry.ts'
import { factsOf } from '../../../support/facts.ts'
import { createOperation, ms, type ScriptedAttempt } from '../../../support/fake-attempts.ts'

const idempotent = { idempotent: true }
const refused = failure('refused')
const failing: ScriptedAttempt = { afterNs: 0, outcome: refused }
const uncounted = {
  retries: 0,
  exhausted: 0,
  recovered: 0,
  notRetryable: 0,
  notIdempotent: 0,
  deadlineGivenUp: 0,
  budgetRefused: 0,
  backoffUs: 0,
}
const status = (code: number): Outcome => failure('status', code)

/** When the attempts began that a client makes while each of them fails in no time. */
async function attemptsMs(
  raw: object,
  outcome: Outcome = refused,
  operation: { readonly idempotent: boolean } = idempotent,
): Promise<readonly number[]> {
  const { begin, record, clock } = createOperation({ retry: raw }, () => ({ afterNs: 0, outcome }))
  begin(operation)
  await clock.advance(3_600_000 * ms)
  expect(record.ends).toHaveLength(1)
  return record.attemptsMs
}

describe('a retry', () => {
  it.each([
    [{ strategy: 'none' }, [0]],
    [{ strategy: 'none', maxCalls: 5 }, [0]],
    [{ maxCalls: 1 }, [0]],
    [{ strategy: 'fixed', baseDelay: '10ms', maxCalls: 4 }, [0, 10, 20, 30]],
    [{ strategy: 'exponential', baseDelay: '10ms', maxCalls: 4 }, [0, 10, 30, 70]],
    [{ strategy: 'exponential', baseDelay: '10ms', maxDelay: '15ms', maxCalls: 4 }, [0, 10, 25, 40]],
    [{}, [0, 50, 150]],
  ])('%j makes its attempts at %j ms', async (raw, expected) => {
    expect(await attemptsMs(raw)).toEqual(expected)
  })

  it('waits from the end of an attempt', async () => {
    const { begin, record, clock } = createOperation({ retry: { strategy: 'fixed', baseDelay: '10ms' } }, () => ({
      afterNs: 7 * ms,
      outcome: refused,
    }))
    begin()
    await clock.advance(100 * ms)
    expect(record.attemptsMs).toEqual([0, 17, 34])
    expect(record.ends).toEqual([{ outcome: refused, atMs: 41 }])
  })

  it('stops at the first success', async () => {
    const { begin, record, clock, client } = createOperation({ retry: { maxCalls: 9, strategy: 'fixed' } }, (call) => ({
      afterNs: ms,
      outcome: call < 3 ? refused : success,
    }))
    begin()
    await clock.advance(1000 * ms)
    expect(record.attemptsMs).toHaveLength(3)
    expect(record.ends.map(({ outcome }) => outcome)).toEqual([success])
    expect(client.counters()).toEqual({ ...uncounted, retries: 2, recovered: 1, backoffUs: 100_000 })
  })

  it('counts what it gave up', async () => {
    const { begin, clock, client } = createOperation({ retry: { maxCalls: 3 } }, () => ({
      afterNs: 0,
      outcome: refused,
    }))
    begin()
    await clock.advance(1000 * ms)
    expect(client.counters()).toEqual({ ...uncounted, retries: 2, exhausted: 1, backoffUs: 150_000 })
  })

  it.each(
    errorClasses
      .filter((error) => error !== 'status')
      .map((error) => [error, failureClassOf(failure(error)) === 'transient'] as const),
  )('of the failure %s happens: %s (S3, S20, P71)', async (error: ErrorClass, again) => {
    expect(await attemptsMs({ maxCalls: 2 }, failure(error))).toHaveLength(again ? 2 : 1)
  })

  it.each([
    [undefined, 503, true],
    [undefined, 429, true],
    [undefined, 500, false],
    [undefined, 408, true],
    [undefined, 425, true],
    [undefined, 404, false],
    [undefined, 14, true],
    [undefined, 5, false],
    [[500], 500, true],
    [[500], 503, false],
    [[], 503, false],
    [['reset'], 503, false],
    [['reset', 503], 503, true],
  ])('with retryOn %j after status %i happens: %s (P22)', async (retryOn, code, again) => {
    expect(await attemptsMs({ maxCalls: 2, ...(retryOn && { retryOn }) }, status(code))).toHaveLength(again ? 2 : 1)
  })

  it.each([
    [{}, 1, 1],
    [{ nonIdempotent: true }, 5, 0],
  ])('with %j makes %i attempts of an operation that is not idempotent (S20)', async (raw, attempts, counted) => {
    const { begin, record, clock, client } = createOperation({ retry: { maxCalls: 5, ...raw } }, () => failing)
    begin({ idempotent: false })
    await clock.advance(3600_000 * ms)
    expect(record.attemptsMs).toHaveLength(attempts)
    expect(client.counters()['notIdempotent']).toBe(counted)
  })

  it.each([
    ['reset', [], true],
    ['bulkhead-rejected', ['bulkhead-rejected'], true],
    ['bulkhead-rejected', [503], false],
    ['refused', ['reset', 'timeout'], false],
    ['timeout', ['reset', 'timeout'], true],
  ] as const)('after %s with retryOn %j happens: %s', async (error, retryOn, again) => {
    expect(await attemptsMs({ maxCalls: 2, retryOn }, failure(error))).toHaveLength(again ? 2 : 1)
  })
})

describe('what a retry should do', () => {
  const settings = (maxCalls: number) => retry.parse({ maxCalls, strategy: 'fixed' })
  /** What is asked of a retry under failures of 30 %, and whether it was seen. */
  const asked = (raw: object, facts: Parameters<typeof factsOf>[0], others: readonly string[] = []) =>
    retry
      .expect(retry.parse(raw), {
        injectedShare: 0.3,
        backgroundShare: 0,
        idempotentShare: 1,
        others,
        facts: factsOf({ operations: 10_000, ...facts }),
      })
      .map(({ metric, ok }) => [metric, ok])
  const seen = (maxCalls: number, injectedShare: number, facts: Parameters<typeof factsOf>[0], backgroundShare = 0) =>
    retry
      .expect(settings(maxCalls), {
        injectedShare,
        backgroundShare,
        idempotentShare: 1,
        others: [],
        facts: factsOf(facts),
      })
      .map(({ metric, ok }) => [metric, ok])

  it.each([
    // q = 5 %, n = 4: one failure in 160,000 operations, 1.0526 attempts each.
    [4, 0.05, { operations: 10_000, attempts: 10_526, failedOperations: 0 }, true, true],
    [4, 0.05, { operations: 10_000, attempts: 10_000, failedOperations: 500 }, false, false],
    [2, 0.5, { operations: 10_000, attempts: 15_000, failedOperations: 2500 }, true, true],
    [2, 0.5, { operations: 10_000, attempts: 20_000, failedOperations: 2500 }, true, false],
    [1, 0.05, { operations: 10_000, attempts: 10_000, failedOperations: 500 }, true, true],
    [3, 0, { operations: 10_000, attempts: 10_000, failedOperations: 0 }, true, true],
    [3, 1, { operations: 100, attempts: 300, failedOperations: 100 }, true, true],
  ])(
    'with %i calls and failures of %f is seen in %j: errors %s, attempts %s',
    (maxCalls, share, facts, errors, attempts) => {
      expect(seen(maxCalls, share, facts)).toEqual([
        ['errorRate', errors],
        ['attemptsPerOperation', attempts],
      ])
    },
  )

  it('holds what simulated operations do', () => {
    const rng = createRng(11)
    for (let run = 0; run < 100; run++) {
      let attempts = 0
      let failedOperations = 0
      for (let operation = 0; operation < 500; operation++) {
        let call = 1
        while (rng.next() < 0.3 && call < 4) call++
        attempts += call
        // The last of four calls failed with the probability of a failure: drawn above when it was reached.
        if (call === 4 && rng.next() < 0.3) failedOperations++
      }
      expect(seen(4, 0.3, { operations: 500, attempts, failedOperations }).every(([, ok]) => ok)).toBe(true)
    }
  })

  it('leaves room for what the target fails by itself, and no more', () => {
    const rare = { operations: 10_000, attempts: 10_002, failedOperations: 1 }
    expect(seen(4, 0, rare)).toContainEqual(['errorRate', false])
    expect(seen(4, 0, rare, 5e-4).every(([, ok]) => ok)).toBe(true)
    const many = { operations: 10_000, attempts: 10_200, failedOperations: 100 }
    expect(seen(4, 0, many, 5e-4).every(([, ok]) => !ok)).toBe(true)
  })

  it.each([
    // Six calls each: one failure in 1372 operations, 1.4275 attempts each.
    [{ budgets: {} }, { attempts: 14_275, failedOperations: 7 }, true, true],
    [{ budgets: {} }, { attempts: 13_900, failedOperations: 270 }, false, false],
    [{ budgets: { transient: 2 } }, { attempts: 13_900, failedOperations: 270 }, true, true],
    // What else limits them may let more operations fail after fewer attempts, and no more than that.
    [{ maxCalls: 3, budget: { kind: 'grpc' } }, { attempts: 10_000, failedOperations: 3000 }, true, true],
    [{ maxCalls: 3, budget: { kind: 'grpc' } }, { attempts: 14_500, failedOperations: 3000 }, true, false],
    [{ maxCalls: 3, budget: { kind: 'grpc' } }, { attempts: 13_900, failedOperations: 100 }, false, true],
    [{ maxCalls: 3, deadline: '1s' }, { attempts: 10_000, failedOperations: 3500 }, false, true],
    [{ maxCalls: 3, retryOn: ['timeout'] }, { attempts: 10_000, failedOperations: 3000 }, true, true],
    [{ maxCalls: 3, nonIdempotent: true }, { attempts: 13_900, failedOperations: 270 }, true, true],
  ])('by %j is seen in %j: errors %s, attempts %s', (raw, facts, errors, attempts) => {
    expect(asked(raw, facts)).toEqual([
      ['errorRate', errors],
      ['attemptsPerOperation', attempts],
    ])
  })

  it('beside other policies is that calls are not exceeded, and that too few do not mend too much', () => {
    const refusing = { attempts: 2000, failedOperations: 9000 }
    for (const other of ['circuitBreaker', 'timeout', 'bulkhead', 'pool', 'rateLimit', 'concurrencyLimit']) {
      expect(asked({ maxCalls: 3 }, refusing, [other]).every(([, ok]) => ok)).toBe(true)
      expect(asked({ maxCalls: 3 }, { attempts: 30_500, failedOperations: 0 }, [other]).some(([, ok]) => ok)).toBe(
        false,
      )
    }
    for (const other of ['fallback', 'hedge', 'use'])
      expect(asked({ maxCalls: 3 }, { attempts: 60_000, failedOperations: 0 }, [other])).toEqual([['errorRate', true]])
  })

  it('is not asked of operations that may not be repeated', () => {
    const facts = factsOf({ operations: 10_000, attempts: 10_000, failedOperations: 3000 })
    const context = { injectedShare: 0.3, backgroundShare: 0, idempotentShare: 0, others: [], facts }
    expect(retry.expect(settings(3), context).every(({ ok }) => ok)).toBe(true)
  })

  it('is not seen where there were no operations', () => {
    expect(seen(3, 0.05, { operations: 0, attempts: 0 })).toEqual([['errorRate', false]])
  })
})
