import { describe, expect, test } from 'vitest'
import { createVirtualClock } from '../../../../harness/kernel/virtual-clock.ts'
import { RequestClient, type RequestClientOptions } from '../../../../harness/resilience/pool/request-client.ts'
import type { RequestStats } from '../../../../harness/resilience/pool/requests.ts'
import { ms } from '../../../support/fake-attempts.ts'
import { errorOf } from '../../../support/rejection.ts'

/** A client of a target that takes as long for each of its calls as it is told to; null: it never answers. */
function clientOf(
  tookMs: (call: number) => number | null,
  options: Partial<RequestClientOptions<string, string>> = {},
) {
  const clock = createVirtualClock()
  const told: string[] = []
  let calls = 0
  const client = new RequestClient<string, string>({
    clock,
    send: async (payload) => {
      const took = tookMs(++calls)
      const answer = `${payload}-${calls}`
      if (took === null) return new Promise<string>(() => {})
      await clock.sleep(took * ms)
      return answer
    },
    idempotent: true,
    onSuccess: (payload, response) => told.push(`client: ${payload} ${response}`),
    onFailure: (payload, error) =>
      told.push(`client: ${payload} ${(error as { code?: string }).code ?? String(error)}`),
    ...options,
  })
  return { clock, client, told }
}

const retried = { timeout: '50ms', client: { retry: { strategy: 'fixed', baseDelay: '10ms', maxCalls: 3 } } }

function checkIdentities(stats: RequestStats): void {
  expect(stats.requestsSent).toBe(stats.operations - stats.unsent + stats.retries)
  expect(stats.operations).toBe(stats.responsesReceived + stats.failures + stats.inFlight)
}

describe('a client for requests', () => {
  test('whose target is slower than its timeout twice succeeds once, and ignores what comes late (H1, H2)', async () => {
    const { clock, client, told } = clientOf((call) => (call < 3 ? 80 : 20), retried)
    const response = client.request('a')
    await clock.advance(30 * ms)
    expect(client.stats()).toMatchObject({ operations: 1, inFlight: 1, requestsSent: 1 })
    checkIdentities(client.stats())
    await clock.advance(1000 * ms)
    expect(await response).toBe('a-3')
    expect(told).toEqual(['client: a a-3'])
    expect(client.stats()).toEqual({
      operations: 1,
      requestsSent: 3,
      retries: 2,
      unsent: 0,
      responsesReceived: 1,
      timeouts: 2,
      failures: 0,
      inFlight: 0,
      callbackErrors: 0,
    })
    // That of the attempt that answered; the operation waited for all three.
    expect(client.averageResponseTimeMs).toBe(20)
    expect(client.operationTimePercentileMs(0.5)).toBeCloseTo(50 + 10 + 50 + 10 + 20, -1)
    expect(clock.pending()).toBe(0)
  })

  test('fails once, by the timeout, when all of its attempts have timed out (H1, H2)', async () => {
    const { clock, client, told } = clientOf(() => null, retried)
    const response = errorOf(client.request('a'))
    await clock.advance(1000 * ms)
    expect(await response).toMatchObject({ name: 'PolicyError', code: 'timeout' })
    expect(told).toEqual(['client: a timeout'])
    expect(client.stats()).toMatchObject({
      requestsSent: 3,
      retries: 2,
      timeouts: 3,
      failures: 1,
      responsesReceived: 0,
    })
    checkIdentities(client.stats())
    expect(client.responseTimePercentileMs(0.5)).toBe(0)
    expect(client.averageResponseTimeMs).toBe(0)
  })

  test('without a policy never repeats (H6), nor what it was not told is idempotent', async () => {
    for (const options of [{ timeout: '50ms' }, { ...retried, idempotent: false }]) {
      const { clock, client } = clientOf(() => null, options)
      const response = errorOf(client.request('a'))
      await clock.advance(1000 * ms)
      expect(await response).toMatchObject({ code: 'timeout' })
      expect(client.stats()).toMatchObject({ requestsSent: 1, retries: 0 })
    }
  })

  test("tells a request's own callbacks instead of its own (H3)", async () => {
    const { clock, client, told } = clientOf((call) => (call === 1 ? 10 : null), { timeout: '50ms' })
    const own = {
      onSuccess: (payload: string, response: string) => void told.push(`own: ${payload} ${response}`),
      onFailure: (payload: string, error: unknown) =>
        void told.push(`own: ${payload} ${(error as { code: string }).code}`),
    }
    const first = client.request('a', own)
    const second = errorOf(client.request('b', own))
    await clock.advance(100 * ms)
    await first
    expect(await second).toBeInstanceOf(Error)
    expect(told).toEqual(['own: a a-1', 'own: b timeout'])
  })

  test('whose callbacks throw answers all the same, and its counts add up (H3)', async () => {
    const boom = (): never => {
      throw new Error('boom')
    }
    const { clock, client } = clientOf((call) => (call % 2 === 0 ? null : 10), {
      timeout: '50ms',
      onSuccess: boom,
      onFailure: boom,
    })
    const ends = Promise.allSettled(['a', 'b', 'c', 'd'].map((payload) => client.request(payload)))
    await clock.advance(100 * ms)
    expect((await ends).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected'])
    expect(client.stats()).toMatchObject({ responsesReceived: 2, failures: 2, inFlight: 0, callbackErrors: 4 })
  })

  test('counts what a policy refuses as operations that sent nothing (H2)', async () => {
    const { clock, client } = clientOf(() => 10, { client: { bulkhead: { maxConcurrent: 1, maxQueue: 0 } } })
    const ends = Promise.allSettled([client.request('a'), client.request('b')])
    await clock.advance(10 * ms)
    await ends
    expect(client.stats()).toMatchObject({ operations: 2, unsent: 1, requestsSent: 1, failures: 1 })
    checkIdentities(client.stats())
  })

  test('rejects at once when a request is aborted, wherever it is', async () => {
    const { clock, client } = clientOf(() => null, retried)
    for (const atMs of [20, 55]) {
      const controller = new AbortController()
      const response = errorOf(client.request('a', { signal: controller.signal }))
      await clock.advance(atMs * ms)
      controller.abort(new Error('enough'))
      expect(await response).toMatchObject({ message: 'enough' })
      expect(clock.pending()).toBe(0)
    }
    await expect(client.request('a', { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough')
    expect(client.stats()).toMatchObject({ operations: 2, failures: 2, inFlight: 0 })
  })

  test.each([['-1s'], ['soon']])('refuses a timeout of %s (H1)', (timeout) => {
    expect(() => clientOf(() => 1, { timeout })).toThrow('bad policy')
  })

  test('holds the slot of a request that has timed out until its sender has ended (P68)', async () => {
    const { clock, client } = clientOf(() => 80, {
      timeout: '50ms',
      client: { bulkhead: { maxConcurrent: 1, maxQueue: 0 } },
    })
    const codeAfter = async (waitMs: number): Promise<unknown> => {
      const error = errorOf(client.request('a'))
      await clock.advance(waitMs * ms)
      return ((await error) as { readonly code?: unknown }).code
    }
    expect([await codeAfter(60), await codeAfter(0)]).toEqual(['timeout', 'bulkhead-rejected'])
    await clock.advance(30 * ms)
    expect(await codeAfter(60)).toBe('timeout')
    expect(client.client.counters()).toMatchObject({ bulkheadAccepted: 2, bulkheadRejected: 1 })
  })

  test('refuses a timeout that is none, with its place', () => {
    for (const timeout of ['-1s', 'soon', 5])
      expect(() => clientOf(() => 1, { timeout: timeout as string })).toThrow(
        expect.objectContaining({ code: 'bad-policy', problems: [expect.objectContaining({ where: '/timeout' })] }),
      )
  })

  test('takes a timeout of 0, which every answer is too late for (H1)', async () => {
    const { clock, client } = clientOf(() => 1, { timeout: '0s' })
    const response = errorOf(client.request('a'))
    await clock.advance(10 * ms)
    expect(await response).toMatchObject({ code: 'timeout' })
  })

  test('keeps the books of a thousand requests at once (H2)', async () => {
    const { clock, client } = clientOf((call) => (call % 3 === 0 ? null : call % 60), retried)
    const ends = Promise.allSettled(Array.from({ length: 1000 }, (_, index) => client.request(`${index}`)))
    for (let turn = 0; turn < 25; turn++) {
      await clock.advance(10 * ms)
      checkIdentities(client.stats())
    }
    await ends
    expect(client.stats()).toMatchObject({ operations: 1000, inFlight: 0, unsent: 0 })
    expect(clock.pending()).toBe(0)
  })
})
