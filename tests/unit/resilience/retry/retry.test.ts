import { describe, expect, it } from 'vitest'
import { createRng } from '../../../../harness/kernel/rng.ts'
import { type ErrorClass, errorClasses, failure, type Outcome, success } from '../../../../harness/resilience/policy.ts'
import { exponential } from '../../../../harness/resilience/retry/exponential.ts'
import { fixed } from '../../../../harness/resilience/retry/fixed.ts'
import { none } from '../../../../harness/resilience/retry/none.ts'
import { retry } from '../../../../harness/resilience/retry/retry.ts'
import { factsOf } from '../../../support/facts.ts'
import { createOperation, ms } from '../../../support/fake-port.ts'

const idempotent = { idempotent: true }
const refused = failure('refused')
const status = (code: number): Outcome => ({ ok: false, error: 'status', status: code })

/** When the attempts began that a client makes while each of them fails in no time. */
async function attemptsMs(raw: object, outcome: Outcome = refused, operation = idempotent): Promise<readonly number[]> {
  const { pipeline, port, clock } = createOperation({ retry: raw }, () => ({ afterNs: 0, outcome }))
  pipeline.begin(operation, clock.nowNs())
  await clock.advance(3_600_000 * ms)
  expect(port.ends).toHaveLength(1)
  return port.attemptsMs
}

describe('the delays of a retry', () => {
  const delays = { baseDelayNs: 50, maxDelayNs: 300 }
  it.each([
    [none, [0, 0, 0, 0]],
    [fixed, [50, 50, 50, 50]],
    [exponential, [50, 100, 200, 300]],
  ])('$keyword are %s', (strategy, expected) => {
    expect([2, 3, 4, 5].map((call) => strategy.delayNs(delays, call, createRng(1)))).toEqual(expected)
  })

  it('stay under their maximum after a hundred calls', () => {
    expect(exponential.delayNs({ baseDelayNs: 50e6, maxDelayNs: 30e9 }, 100, createRng(1))).toBe(30e9)
    expect(fixed.delayNs({ baseDelayNs: 50e6, maxDelayNs: 1e6 }, 2, createRng(1))).toBe(1e6)
  })
})

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
    const { pipeline, port, clock } = createOperation({ retry: { strategy: 'fixed', baseDelay: '10ms' } }, () => ({
      afterNs: 7 * ms,
      outcome: refused,
    }))
    pipeline.begin(idempotent, clock.nowNs())
    await clock.advance(100 * ms)
    expect(port.attemptsMs).toEqual([0, 17, 34])
    expect(port.ends).toEqual([{ outcome: refused, atMs: 41 }])
  })

  it('stops at the first success', async () => {
    const { pipeline, port, clock, counters } = createOperation(
      { retry: { maxCalls: 9, strategy: 'fixed' } },
      (call) => ({
        afterNs: ms,
        outcome: call < 3 ? refused : success,
      }),
    )
    pipeline.begin(idempotent, clock.nowNs())
    await clock.advance(1000 * ms)
    expect(port.attemptsMs).toHaveLength(3)
    expect(port.ends.map(({ outcome }) => outcome)).toEqual([success])
    expect(counters).toEqual({ retries: 2, exhausted: 0 })
  })

  it('counts what it gave up', async () => {
    const { pipeline, clock, counters } = createOperation({ retry: { maxCalls: 3 } }, () => ({
      afterNs: 0,
      outcome: refused,
    }))
    pipeline.begin(idempotent, clock.nowNs())
    await clock.advance(1000 * ms)
    expect(counters).toEqual({ retries: 2, exhausted: 1 })
  })

  it.each(
    errorClasses
      .filter((error) => error !== 'status')
      .map((error) => [error, error !== 'body' && error !== 'aborted'] as const),
  )('of the failure %s happens: %s', async (error: ErrorClass, again) => {
    expect(await attemptsMs({ maxCalls: 2 }, failure(error))).toHaveLength(again ? 2 : 1)
  })

  it.each([
    [undefined, 503, true],
    [undefined, 429, true],
    [undefined, 500, false],
    [undefined, 404, false],
    [[500], 500, true],
    [[500], 503, false],
    [[], 503, false],
  ])('with retryOn %j after status %i happens: %s (P22)', async (retryOn, code, again) => {
    expect(await attemptsMs({ maxCalls: 2, ...(retryOn && { retryOn }) }, status(code))).toHaveLength(again ? 2 : 1)
  })

  it('of an operation that is not idempotent never happens', async () => {
    expect(await attemptsMs({ maxCalls: 5 }, refused, { idempotent: false })).toEqual([0])
  })
})

describe('what a retry should do', () => {
  const settings = (maxCalls: number) => retry.parse({ maxCalls, strategy: 'fixed' })
  const seen = (maxCalls: number, injectedShare: number, facts: Parameters<typeof factsOf>[0], backgroundShare = 0) =>
    retry
      .expect(settings(maxCalls), { injectedShare, backgroundShare, idempotentShare: 1, facts: factsOf(facts) })
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

  it('is not asked of operations that may not be repeated', () => {
    const facts = factsOf({ operations: 10_000, attempts: 10_000, failedOperations: 3000 })
    const context = { injectedShare: 0.3, backgroundShare: 0, idempotentShare: 0, facts }
    expect(retry.expect(settings(3), context).every(({ ok }) => ok)).toBe(true)
  })

  it('is not seen where there were no operations', () => {
    expect(seen(3, 0.05, { operations: 0, attempts: 0 })).toEqual([['errorRate', false]])
  })
})
