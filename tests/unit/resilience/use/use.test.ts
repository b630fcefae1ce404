import { describe, expect, it } from 'vitest'
import { failure, statusFailure, success } from '../../../../harness/resilience/outcome.ts'
import { use } from '../../../../harness/resilience/use/use.ts'
import type { AttemptError } from '../../../../harness/resilience/use/attempt-error.ts'
import type { PolicyFunction } from '../../../../harness/resilience/use/user-policy.ts'
import { factsOf } from '../../../support/facts.ts'
import { createBench, createOperation, ms, type ScriptedAttempt } from '../../../support/fake-attempts.ts'

const after = (afterMs: number, outcome = success): ScriptedAttempt => ({ afterNs: afterMs * ms, outcome })
const never: ScriptedAttempt = { afterNs: 0 }
const reset = failure('reset')

/** An operation in the hands of a policy, over attempts that go one after the other as they are given. */
function under(run: PolicyFunction, ...attempts: readonly ScriptedAttempt[]) {
  const bench = createBench({ use: 'own.ts' }, 1, new Map([['own.ts', { run, subject: run }]]))
  return createOperation(bench, (call) => attempts[call - 1] ?? never)
}

const twice: PolicyFunction = (operation) => operation().catch(() => operation())

describe('a policy of your own', () => {
  it('is given one attempt for each call, and its promise is the end', async () => {
    const { begin, record, clock, client } = under(twice, after(10, reset), after(5), after(7))
    begin()
    await clock.advance(100 * ms)
    begin()
    await clock.advance(100 * ms)
    expect(record).toMatchObject({ attemptsMs: [0, 10, 100], ends: [{ atMs: 15 }, { outcome: success, atMs: 107 }] })
    expect(client.counters()).toMatchObject({ userCalls: 3, retries: 1, recovered: 1, exhausted: 0, hedges: 0 })
  })

  it('fails an operation with the outcome of the attempt whose error it passes on, also as a cause', async () => {
    const wrapping: PolicyFunction = (operation) =>
      twice(operation, AbortSignal.abort(), { request: '', idempotent: true }).catch((cause: unknown) => {
        throw new Error('given up', { cause })
      })
    const busy = statusFailure(503, 2e9)
    for (const policy of [twice, wrapping]) {
      const { begin, record, clock, client } = under(policy, after(10, reset), after(5, busy))
      begin()
      await clock.advance(100 * ms)
      expect(record.ends).toEqual([{ outcome: busy, atMs: 15 }])
      expect(client.counters()).toMatchObject({ retries: 1, exhausted: 1, recovered: 0, userFailed: 0 })
    }
  })

  it('is told of a failure in the words of Node and of HTTP clients', async () => {
    const seen: AttemptError[] = []
    const watching: PolicyFunction = (operation) => operation().catch((error: AttemptError) => void seen.push(error))
    for (const outcome of [reset, statusFailure(429, 1.5e9), failure('body', 200)]) {
      const { begin, clock } = under(watching, after(1, outcome))
      begin()
      await clock.advance(10 * ms)
    }
    expect(seen).toMatchObject([
      { name: 'AttemptError', code: 'ECONNRESET', errorClass: 'reset', status: undefined, retryAfterMs: 0 },
      { code: 'status', errorClass: 'status', status: 429, statusCode: 429, retryAfterMs: 1500 },
      { code: 'body', errorClass: 'body', status: 200 },
    ])
  })

  it('may answer by itself: such an operation is degraded', async () => {
    const { begin, record, clock } = under((operation) => operation().catch(() => 'cached'), after(10, reset))
    begin()
    await clock.advance(100 * ms)
    expect(record.ends).toMatchObject([{ outcome: { ok: true, standIn: 'fallback' }, atMs: 10 }])
  })

  it('may refuse without a call', async () => {
    const refusing: PolicyFunction = () =>
      Promise.reject(Object.assign(new Error('Breaker is open'), { code: 'EOPENBREAKER' }))
    const { begin, record, clock, client } = under(refusing)
    begin()
    await clock.advance(100 * ms)
    expect(record).toMatchObject({ attemptsMs: [], ends: [{ outcome: failure('circuit-open'), atMs: 0 }] })
    expect(client.counters()).toMatchObject({ userCalls: 0, circuitRejected: 1, userFailed: 0 })
  })

  it('may call several times at once; what is in flight when it has its answer is given up and counted', async () => {
    const racing: PolicyFunction = (operation) => Promise.race([operation(), operation(), operation()])
    const { begin, record, clock, client } = under(racing, after(30), after(10), never)
    begin()
    await clock.advance(100 * ms)
    expect(record).toMatchObject({ attemptsMs: [0, 0, 0], cancelsMs: [10, 10], ends: [{ outcome: success, atMs: 10 }] })
    expect(client.counters()).toMatchObject({ userCalls: 3, hedges: 2, retries: 0, leftRunning: 2 })
  })

  it('gives up an attempt by a signal of its own; where that is its end it is a timeout', async () => {
    const limited: PolicyFunction = (operation) => {
      const controller = new AbortController()
      const first = operation({ signal: controller.signal })
      void operation().then(() => controller.abort())
      return first
    }
    const { begin, record, clock, client } = under(limited, never, after(20))
    begin()
    await clock.advance(100 * ms)
    expect(record).toMatchObject({ cancelsMs: [20], ends: [{ outcome: failure('timeout'), atMs: 20 }], inFlight: 0 })
    expect(client.counters()).toMatchObject({ timeouts: 1, leftRunning: 0 })
  })

  it('has no attempt made with a signal that has aborted already', async () => {
    const { begin, record, clock } = under((operation) => operation({ signal: AbortSignal.abort() }))
    begin()
    await clock.advance(1 * ms)
    expect(record).toMatchObject({ attemptsMs: [], ends: [{ outcome: failure('timeout') }] })
  })

  it('may drop the promise of any attempt, also of one that was never made', async () => {
    const unhandled: unknown[] = []
    const hear = (reason: unknown): void => void unhandled.push(reason)
    process.on('unhandledRejection', hear)
    const careless: PolicyFunction = (operation) => {
      void operation({ signal: AbortSignal.abort() })
      void operation()
      return operation()
    }
    const { begin, record, clock } = under(careless, after(1, reset), after(5))
    begin()
    await clock.advance(10 * ms)
    await new Promise(setImmediate)
    process.off('unhandledRejection', hear)
    expect(record.ends).toEqual([{ outcome: success, atMs: 5 }])
    expect(unhandled).toEqual([])
  })

  it('has its place outside taken until what it gave up has really stopped', async () => {
    const racing: PolicyFunction = (operation) => Promise.race([operation(), operation()])
    const timed: PolicyFunction = (operation) => operation().catch(() => operation())
    const lingering = { afterNs: 0, lingersNs: 40 * ms }
    const cases = [
      { run: racing, client: { use: 'own.ts' }, script: [after(10), lingering] },
      { run: timed, client: { use: 'own.ts', timeout: { attempt: '10ms' } }, script: [lingering, after(0)] },
    ]
    for (const { run, client, script } of cases) {
      const policies = Object.entries(client).map(([keyword, settings]) => ({ [keyword]: settings }))
      const bench = createBench(
        [{ bulkhead: { maxConcurrent: 1 } }, ...policies],
        1,
        new Map([['own.ts', { run, subject: run }]]),
      )
      const first = createOperation(bench, (call) => script[call - 1] ?? never)
      const second = createOperation(bench, () => after(1))
      first.begin()
      second.begin()
      await bench.clock.advance(100 * ms)
      expect([first.record.ends[0]?.atMs, second.record.attemptsMs[0]]).toEqual([10, 50])
    }
  })

  it('hears of an abort from outside by its signal, and what it calls then is not made (A6.2)', async () => {
    const told: string[] = []
    const stubborn: PolicyFunction = async (operation, signal) => {
      for (;;) {
        await operation({ signal }).catch((error: unknown) => told.push((error as Error).name))
        if (told.length > 3) return
      }
    }
    const { begin, abort, record, clock, client } = under(stubborn, after(10, reset), never)
    begin()
    await clock.advance(15 * ms)
    abort()
    await clock.advance(100 * ms)
    expect(told).toEqual(['AttemptError', 'AbortError', 'AbortError', 'AbortError'])
    expect(record).toMatchObject({ attemptsMs: [0, 10], ends: [{ outcome: failure('aborted'), atMs: 15 }] })
    expect(client.counters()).toMatchObject({ userCalls: 2, leftRunning: 0 })
  })

  it('that never stops calling keeps nobody else from running once its operation is over', async () => {
    const endless: PolicyFunction = async (operation) => {
      for (;;) {
        await operation().catch(() => {})
      }
    }
    const { begin, abort, running, clock } = under(endless)
    begin()
    abort()
    await clock.advance(100 * ms)
    expect(running()).toBe(false)
  })

  it('that throws or returns no promise fails the operation; the text is told once', async () => {
    const wrong = [
      () => {
        throw new RangeError('a mistake')
      },
      () => ({ fire: () => {} }),
    ] as unknown as readonly PolicyFunction[]
    for (const policy of wrong) {
      const { begin, record, clock, client } = under(policy)
      begin()
      await clock.advance(1 * ms)
      begin()
      await clock.advance(1 * ms)
      expect(record.ends).toMatchObject([{ outcome: failure('script') }, { outcome: failure('script') }])
      expect(client.counters()).toMatchObject({ userFailed: 2 })
      expect(client.log.take().kept).toMatchObject([
        { policy: 'use', event: 'failed', reason: expect.stringMatching(/a mistake|createPolicy/u) },
      ])
    }
  })

  it('knows what is asked for, and whether it may be repeated', async () => {
    const calls: unknown[] = []
    const { begin, clock } = under((operation, _signal, call) => {
      calls.push(call)
      return operation()
    }, after(1))
    begin({ request: 'pay', idempotent: false })
    await clock.advance(10 * ms)
    expect(calls).toEqual([{ request: 'pay', idempotent: false }])
  })

  it('keeps the operations of a client apart', async () => {
    const bench = createBench({ use: 'own.ts' }, 1, new Map([['own.ts', { run: twice, subject: twice }]]))
    const one = createOperation(bench, () => after(10))
    const other = createOperation(bench, (call) => after(20, call === 1 ? reset : success))
    one.begin()
    other.begin()
    await bench.clock.advance(100 * ms)
    expect([one.record.ends, other.record.ends]).toMatchObject([[{ atMs: 10 }], [{ atMs: 40 }]])
  })

  it('answers with what its last attempt had received', async () => {
    const { begin, record, clock } = under(twice, after(10, reset), after(5))
    begin()
    await clock.advance(100 * ms)
    expect(record.answers).toEqual([2])
  })

  it('answers with what a good attempt had received, also where another fails after it', async () => {
    const both: PolicyFunction = (operation) => Promise.all([operation(), operation().catch(() => {})])
    const { begin, record, clock } = under(both, after(5), after(10, reset))
    begin()
    await clock.advance(100 * ms)
    expect(record).toMatchObject({ ends: [{ outcome: success, atMs: 10 }], answers: [1] })
  })

  it('is not opened where nobody has loaded it', () => {
    expect(() => createBench({ use: 'missing.ts' })).toThrow(
      expect.objectContaining({ code: 'policy-not-usable', exit: 'userScript' }),
    )
  })
})

describe('what a policy of your own is expected to do', () => {
  const expected = (allAttempts: number, userCalls: number, others: readonly string[] = []) =>
    use.expect(
      { file: 'own.ts' },
      {
        injectedShare: 0,
        backgroundShare: 0,
        idempotentShare: 1,
        others,
        facts: factsOf({ allAttempts, policyCounters: { userCalls } }),
      },
    )

  it('is to call the operation, once for each attempt on the wire', () => {
    expect(expected(100, 100)).toMatchObject([{ metric: 'attemptsPerCall', ok: true }])
    expect(expected(101, 100)).toMatchObject([{ ok: false }])
    expect(expected(0, 0)).toMatchObject([{ ok: false }])
    expect(expected(90, 100, ['circuitBreaker'])).toEqual([])
  })
})
