import {
  BrokenCircuitError,
  bulkhead,
  BulkheadRejectedError,
  circuitBreaker,
  ConsecutiveBreaker,
  handleAll,
  IsolatedCircuitError,
  noop,
  retry,
  TaskCancelledError,
  wrap,
} from 'cockatiel'
import CircuitBreaker from 'opossum'
import { describe, expect, it } from 'vitest'
import { failure, success } from '../../../../harness/resilience/outcome.ts'
import { AttemptError } from '../../../../harness/resilience/use/attempt-error.ts'
import { watchBreaker } from '../../../../harness/resilience/use/breaker-events.ts'
import { rejectionOf } from '../../../../harness/resilience/use/rejection.ts'
import type { PolicyOperation } from '../../../../harness/resilience/use/user-policy.ts'
import { createBench, createOperation } from '../../../support/fake-attempts.ts'

const fail = () => Promise.reject(new Error('down'))

describe('what a policy rejects with', () => {
  const reset = failure('reset')
  it.each([
    ['an attempt', new AttemptError(reset), reset, false],
    ['its cause', new Error('wrapped', { cause: new AttemptError(reset) }), reset, false],
    ['a broken circuit', new BrokenCircuitError(), failure('circuit-open'), true],
    ['an isolated circuit', new IsolatedCircuitError(), failure('circuit-open'), true],
    ['a full bulkhead', new BulkheadRejectedError(1, 0), failure('bulkhead-rejected'), true],
    ['a cancelled task', new TaskCancelledError(), failure('timeout'), true],
    ['an abort of its own', new DOMException('stop', 'AbortError'), failure('timeout'), true],
    ['a limit of a signal', new DOMException('late', 'TimeoutError'), failure('timeout'), true],
    ['a limit by name', Object.assign(new Error('late'), { name: 'TimeoutError' }), failure('timeout'), true],
    ['an error with a code', Object.assign(new Error('gone'), { code: 'ECONNREFUSED' }), failure('refused'), true],
    ['a mistake', new TypeError('x is not a function'), failure('script'), true],
    ['a text', 'no', failure('script'), true],
  ])('%s', (_case, error, outcome, own) => {
    expect(rejectionOf(error)).toEqual({ outcome, own })
  })

  it('is known of the errors that the libraries really throw', async () => {
    const full = bulkhead(1, 0)
    void full.execute(() => new Promise(() => {}))
    expect(rejectionOf(await full.execute(() => {}).catch((error: unknown) => error)).outcome.error).toBe(
      'bulkhead-rejected',
    )
    const limited = new CircuitBreaker(() => new Promise(() => {}), { capacity: 1, timeout: 5, volumeThreshold: 100 })
    const [late, locked] = await Promise.allSettled([limited.fire(), limited.fire()])
    expect(late).toMatchObject({ status: 'rejected' })
    expect([late, locked].map((one) => rejectionOf((one as PromiseRejectedResult).reason).outcome.error)).toEqual([
      'timeout',
      'bulkhead-rejected',
    ])
    limited.open()
    const refused = await limited.fire().catch((error: unknown) => error)
    expect(rejectionOf(refused).outcome.error).toBe('circuit-open')
    limited.shutdown()
    expect(rejectionOf(await limited.fire().catch((error: unknown) => error)).outcome.error).toBe('circuit-open')
  })
})

describe("cockatiel's retry around a breaker", () => {
  it('is seen from outside: what it repeats, what it mends, and what it refuses', async () => {
    const breaker = circuitBreaker(handleAll, { halfOpenAfter: 60_000, breaker: new ConsecutiveBreaker(3) })
    const policy = wrap(retry(handleAll, { maxAttempts: 1 }), breaker)
    const own = {
      subject: policy,
      run: (operation: PolicyOperation, signal: AbortSignal) => policy.execute(operation, signal),
    }
    const bench = createBench({ use: 'own.ts' }, 1, new Map([['own.ts', own]]))
    const { begin, running, record } = createOperation(bench, (call) => ({
      afterNs: 1,
      outcome: call === 2 ? success : failure('reset'),
    }))
    for (let count = 0; count < 3; count++) {
      begin()
      while (running()) await bench.clock.advance(2)
    }
    expect(record.ends.map(({ outcome }) => outcome)).toEqual([success, failure('reset'), failure('circuit-open')])
    expect(bench.client.counters()).toMatchObject({
      userCalls: 5,
      retries: 2,
      recovered: 1,
      exhausted: 1,
      circuitOpened: 1,
      circuitRejected: 1,
    })
  })
})

describe('the changes of a breaker', () => {
  it("are told of cockatiel's, also from within what is wrapped around it", async () => {
    const breaker = circuitBreaker(handleAll, { halfOpenAfter: 0, breaker: new ConsecutiveBreaker(1) })
    const states: string[] = []
    watchBreaker(wrap(retry(handleAll, { maxAttempts: 0 }), wrap(noop, breaker)), (state) => states.push(state))
    await breaker.execute(fail).catch(() => {})
    await breaker.execute(() => {})
    expect(states).toEqual(['open', 'half-open', 'closed'])
  })

  it("are told of opossum's", async () => {
    const breaker = new CircuitBreaker(fail, { errorThresholdPercentage: 1, resetTimeout: 60_000 })
    const states: string[] = []
    watchBreaker(breaker, (state) => states.push(state))
    await breaker.fire().catch(() => {})
    breaker.close()
    breaker.shutdown()
    expect(states).toEqual(['open', 'closed'])
  })

  it('are none of anything else', () => {
    for (const subject of [null, 7, () => {}, { on: 1 }]) expect(() => watchBreaker(subject, () => {})).not.toThrow()
  })
})
