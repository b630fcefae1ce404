import { describe, expect, test } from 'vitest'
import { createVirtualClock } from '../../../../harness/kernel/virtual-clock.ts'
import { healthOf } from '../../../../harness/resilience/health.ts'
import { statusFailure, success } from '../../../../harness/resilience/outcome.ts'
import { openClient } from '../../../../harness/resilience/promise/open-client.ts'
import { PolicyError } from '../../../../harness/resilience/promise/policy-error.ts'
import { wrap, type WrapOptions } from '../../../../harness/resilience/promise/wrap.ts'
import type { RawClient } from '../../../../harness/resilience/settings.ts'
import { ms } from '../../../support/fake-attempts.ts'

const reset = (): Error => Object.assign(new Error('gone'), { code: 'ECONNRESET' })
const fixedRetry = { retry: { strategy: 'fixed', baseDelay: '10ms', maxCalls: 3 } }

/** A function in virtual time that does the n-th of its calls as the n-th of `ways` says; the last of them goes on. */
function subject<Value>(
  client: RawClient,
  ways: readonly ((signal: AbortSignal) => Promise<Value> | Value)[],
  options: WrapOptions<[signal?: AbortSignal | undefined], Value> = {},
) {
  const clock = createVirtualClock()
  const opened = openClient(client, { clock })
  const calledMs: number[] = []
  const fn = wrap(
    async (signal?: AbortSignal) => {
      calledMs.push(clock.nowNs() / ms)
      return (ways[calledMs.length - 1] ?? ways.at(-1))?.(signal as AbortSignal) as Value
    },
    opened,
    { idempotent: true, signalOf: (signal) => signal, withSignal: (_, signal): [AbortSignal] => [signal], ...options },
  )
  return { fn, clock, calledMs, client: opened }
}

const fails = (): never => {
  throw reset()
}
const never = (signal?: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error)))

/** How a promise ends once so much time has passed. */
async function ends<Value>(promise: Promise<Value>, clock: { advance(ns: number): Promise<void> }, afterMs: number) {
  const ended = promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
  await clock.advance(afterMs * ms)
  return Promise.race([ended, Promise.resolve('still running' as const)])
}

describe('a wrapped function', () => {
  test('keeps this, arguments, name and length (S7)', async () => {
    const account = {
      rate: 2,
      times: wrap(async function times(this: { rate: number }, a: number, b: number) {
        return [this.rate, a, b]
      }, fixedRetry),
    }
    expect(await account.times(3, 4)).toEqual([2, 3, 4])
    expect([account.times.name, account.times.length]).toEqual(['times', 2])
  })

  test('tries again as the policy says, and gives what the function gave (L4)', async () => {
    const { fn, clock, calledMs } = subject(fixedRetry, [fails, fails, () => 'answer'])
    expect(await ends(fn(), clock, 20)).toEqual({ value: 'answer' })
    expect(calledMs).toEqual([0, 10, 20])
  })

  test('rejects with the very error that the function threw last (L2, S4)', async () => {
    const last = reset()
    const { fn, clock, calledMs } = subject(fixedRetry, [fails, fails, () => Promise.reject(last)])
    const { error } = (await ends(fn(), clock, 100)) as { error: unknown }
    expect(error).toBe(last)
    expect(calledMs).toHaveLength(3)
  })

  test('does not repeat what nobody said may be repeated', async () => {
    const { fn, clock, calledMs } = subject(fixedRetry, [fails], { idempotent: false })
    expect(await ends(fn(), clock, 100)).toMatchObject({ error: { code: 'ECONNRESET' } })
    expect(calledMs).toEqual([0])
    const chosen = subject(fixedRetry, [fails], { idempotent: (signal) => signal === undefined })
    await ends(chosen.fn(), chosen.clock, 100)
    expect(chosen.calledMs).toHaveLength(3)
  })

  test('does not repeat a mistake of the program, nor an abort (L4, P25)', async () => {
    const mistake = subject(fixedRetry, [() => Promise.reject(new TypeError('no such method'))])
    expect(await ends(mistake.fn(), mistake.clock, 100)).toMatchObject({ error: { message: 'no such method' } })
    const aborted = subject(fixedRetry, [() => Promise.reject(AbortSignal.abort().reason as Error)])
    expect(await ends(aborted.fn(), aborted.clock, 100)).toMatchObject({ error: { name: 'AbortError' } })
    expect([mistake.calledMs, aborted.calledMs]).toEqual([[0], [0]])
  })

  test('that throws before it returns a promise is a failure like any other', async () => {
    const clock = createVirtualClock()
    const fn = wrap(
      (): number => {
        throw reset()
      },
      openClient(fixedRetry, { clock }),
      { idempotent: true },
    )
    expect(await ends(fn(), clock, 20)).toMatchObject({ error: { code: 'ECONNRESET' } })
    expect(fn.client.counters()['retries']).toBe(2)
  })

  test('may return what is a failure: the policies see it, and the caller gets it (P22)', async () => {
    const { fn, clock, calledMs } = subject(fixedRetry, [() => ({ status: 503 })], {
      outcomeOf: ({ status }) => (status < 400 ? success : statusFailure(status)),
    })
    expect(await ends(fn(), clock, 20)).toEqual({ value: { status: 503 } })
    expect(calledMs).toHaveLength(3)
  })
})

describe('an abort', () => {
  test('during a wait rejects at once with its reason, and nothing is called again (L4)', async () => {
    const { fn, clock, calledMs } = subject({ retry: { strategy: 'fixed', baseDelay: '400ms' } }, [fails])
    const controller = new AbortController()
    const call = fn(controller.signal)
    await clock.advance(50 * ms)
    const why = new Error('enough')
    controller.abort(why)
    await expect(call).rejects.toBe(why)
    await clock.advance(1000 * ms)
    expect(calledMs).toEqual([0])
  })

  test('while a callback tells of the retry, calls nothing any more (L4)', async () => {
    const caller = new AbortController()
    const { fn, clock, calledMs } = subject<string>(fixedRetry, [fails], { onRetry: () => caller.abort('enough') })
    expect(await ends(fn(caller.signal), clock, 100)).toEqual({ error: 'enough' })
    expect(calledMs).toEqual([0])
  })

  test('while a callback tells of a breaker that is half-open again, calls nothing, and leaves the probe to the next', async () => {
    const caller = new AbortController()
    const { fn, clock, calledMs } = subject<string>(
      { circuitBreaker: { failureThreshold: 1, openFor: '10ms', successThreshold: 1 } },
      [fails, () => 'answer'],
      { onTransition: ({ event }) => event === 'half-open' && caller.abort('enough') },
    )
    expect(await ends(fn(), clock, 10)).toMatchObject({ error: { code: 'ECONNRESET' } })
    expect(await ends(fn(caller.signal), clock, 10)).toEqual({ error: 'enough' })
    expect(await ends(fn(), clock, 10)).toEqual({ value: 'answer' })
    expect(calledMs).toEqual([0, 20])
  })

  test('during a call reaches the function, which learns the reason', async () => {
    const seen: unknown[] = []
    const { fn, clock } = subject(fixedRetry, [
      (signal) => never(signal).catch((error: unknown) => Promise.reject((seen.push(error), error) as Error)),
    ])
    const controller = new AbortController()
    const call = fn(controller.signal)
    await clock.advance(ms)
    controller.abort('stop')
    await expect(call).rejects.toBe('stop')
    expect(seen).toEqual(['stop'])
  })

  test('before the call calls nothing', async () => {
    const { fn, calledMs } = subject(fixedRetry, [() => 1])
    await expect(fn(AbortSignal.abort('never mind'))).rejects.toBe('never mind')
    expect(calledMs).toEqual([])
  })
})

describe('what a policy ends', () => {
  test('rejects with a PolicyError whose code says which, and with the last error as its cause (P49)', async () => {
    const { fn, clock } = subject({ timeout: { operation: '25ms' }, ...fixedRetry }, [fails, never])
    const { error } = (await ends(fn(), clock, 30)) as { error: PolicyError }
    expect(error).toBeInstanceOf(PolicyError)
    expect(error).toMatchObject({ code: 'timeout', cause: { code: 'ECONNRESET' } })
    expect(error.message).toContain('it took too long')
  })

  test('is told from a timeout of the function itself', async () => {
    const own = Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })
    const { fn, clock } = subject({ timeout: { operation: '25ms' } }, [() => Promise.reject(own)])
    const { error } = (await ends(fn(), clock, 1)) as { error: unknown }
    expect(error).toBe(own)
  })

  test('aborts the signal of the attempt, and the next one has its own', async () => {
    const signals: AbortSignal[] = []
    const { fn, clock } = subject({ timeout: { attempt: '5ms' }, ...fixedRetry }, [
      (signal) => {
        signals.push(signal)
        return signals.length === 1 ? never(signal) : 'answer'
      },
    ])
    expect(await ends(fn(), clock, 15)).toEqual({ value: 'answer' })
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false])
  })
})

describe('concurrent calls of one function', () => {
  test('share no state of an operation: each of 1000 has its own attempts (L4, P24)', async () => {
    const clock = createVirtualClock()
    const called = new Map<number, number>()
    const fn = wrap(
      async (id: number) => {
        const calls = (called.get(id) ?? 0) + 1
        called.set(id, calls)
        if (calls <= id % 3) throw reset()
        return id
      },
      openClient(fixedRetry, { clock }),
      { idempotent: true },
    )
    const all = Promise.all(Array.from({ length: 1000 }, (_, id) => fn(id)))
    await clock.advance(20 * ms)
    expect(await all).toEqual(Array.from({ length: 1000 }, (_, id) => id))
    expect([...called].every(([id, calls]) => calls === 1 + (id % 3))).toBe(true)
    expect(clock.pending()).toBe(0)
  })

  test('share the client, as do functions that are wrapped with the same one', async () => {
    const clock = createVirtualClock()
    const client = openClient({ circuitBreaker: { failureThreshold: 2, openFor: '1s' } }, { clock })
    const broken = wrap(async () => fails(), client, { name: 'broken' })
    const fine = wrap(async () => 1, client, { name: 'fine' })
    await Promise.allSettled([broken(), broken()])
    await expect(fine()).rejects.toMatchObject({ code: 'circuit-open', message: 'fine: its circuit breaker is open' })
    await clock.advance(1000 * ms)
    expect(await fine()).toBe(1)
  })
})

describe('callbacks', () => {
  test('hear of each end, each retry and each transition (H3)', async () => {
    const told: unknown[] = []
    const { fn, clock } = subject({ ...fixedRetry, circuitBreaker: { failureThreshold: 3 } }, [fails], {
      onSuccess: (value) => told.push(['success', value]),
      onFailure: (error) => told.push(['failure', (error as { code: string }).code]),
      onRetry: ({ call, error }) => told.push(['retry', call, (error as { code: string }).code]),
      onTransition: ({ policy, event }) => told.push([policy, event]),
    })
    await ends(fn(), clock, 100)
    expect(told).toEqual([
      ['retry', 2, 'ECONNRESET'],
      ['retry', 3, 'ECONNRESET'],
      ['circuitBreaker', 'open'],
      ['failure', 'ECONNRESET'],
    ])
  })

  test('that throw change nothing, and are counted (H3)', async () => {
    const bad = (): never => {
      throw new Error('a bug of the program')
    }
    const callbacks = { onSuccess: bad, onFailure: bad, onRetry: bad, onTransition: bad }
    const { fn, clock, client, calledMs } = subject(fixedRetry, [fails, () => 1], callbacks)
    expect(await ends(fn(), clock, 10)).toEqual({ value: 1 })
    expect(await ends(fn(), clock, 10)).toEqual({ value: 1 })
    expect([client.callbackErrors, calledMs.length]).toEqual([3, 3])
  })
})

describe('a fallback of a function', () => {
  const options = { key: () => 'only', alternatives: { replica: async () => 'replica' }, defaultValue: () => 'default' }

  test('asks the others by name, with what went wrong and the arguments (S15, S16)', async () => {
    const asked: unknown[] = []
    const clock = createVirtualClock()
    const fn = wrap(
      async (_id: number): Promise<string> => fails(),
      openClient({ fallback: { alternatives: ['replica'] } }, { clock }),
      {
        idempotent: true,
        alternatives: {
          replica: async (error, id) => {
            asked.push((error as { code: string }).code, id)
            return 'replica'
          },
        },
      },
    )
    expect(await fn(7)).toBe('replica')
    expect(asked).toEqual(['ECONNRESET', 7])
  })

  test('gives a copy of the last good answer, then the default (S15, P74)', async () => {
    const { fn, clock, client } = subject<unknown>(
      { fallback: { cache: { ttl: '1s' }, default: {} } },
      [() => ({ rows: [1] }), fails],
      { ...options, alternatives: {} },
    )
    const first = (await fn()) as { rows: number[] }
    first.rows.push(2)
    expect(await fn()).toEqual({ rows: [1] })
    await clock.advance(1001 * ms)
    expect(await fn()).toBe('default')
    expect(client.counters()).toMatchObject({ fallbackCacheHits: 1, fallbackDefaults: 1 })
  })

  test('rejects with the error of the function where nothing is left', async () => {
    const { fn } = subject<string>({ fallback: { alternatives: ['replica'] } }, [fails], {
      alternatives: { replica: () => Promise.reject(new Error('down too')) },
    })
    await expect(fn()).rejects.toMatchObject({ code: 'ECONNRESET' })
  })

  test('within another has functions of its own, and is refused without them (P73)', async () => {
    const nested = [{ fallback: { default: {} } }, { fallback: { alternatives: ['replica'] } }]
    const { fn } = subject<string>(nested, [fails], { ...options })
    expect(await fn()).toBe('replica')
    expect(() => wrap(async () => '', nested, { defaultValue: options.defaultValue })).toThrow(
      '/alternatives/replica: found nothing',
    )
  })

  test('keeps as a dead letter what JSON can hold of a call, as it was then', async () => {
    const order: { id: unknown } = { id: 7 }
    const { fn, client } = subject<string>({ fallback: { deadLetter: {} } }, [fails], { describe: () => order })
    await expect(fn()).rejects.toMatchObject({ code: 'ECONNRESET' })
    order.id = 8n
    await expect(fn()).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(client.takeDeadLetters().map(({ message }) => message)).toEqual([{ id: 7 }, null])
    expect(client.callbackErrors).toBe(1)
  })

  test.each([
    [{ alternatives: ['replica'] }, {}, '/alternatives/replica: found nothing'],
    [{ default: {} }, {}, '/defaultValue: found nothing'],
    [{ cache: {} }, {}, '/key: found nothing'],
    [{ default: {} }, options, '/alternatives/replica: found a function for it, allowed: none'],
  ])('of %j with the wrong options is refused when it is wrapped (P73)', (fallback, given, message) => {
    expect(() => wrap(async () => '', { fallback }, given)).toThrow(message)
  })
})

test('what is no function, and an option that there is not, are refused as it is wrapped (P73)', () => {
  const untyped = wrap as unknown as (fn: unknown, client: RawClient, options?: object) => unknown
  expect(() => untyped(5, {})).toThrow('bad policy around a function: found 5, allowed: a function')
  const misspelt = { idempotant: true }
  expect(() => untyped(async () => 1, { retry: {} }, misspelt)).toThrow(
    /^bad policy around a function: \/idempotant: found an unknown option, .*did you mean "idempotent"\?$/u,
  )
})

test('a client with problems is refused as it is wrapped, each with its pointer', () => {
  expect(() => wrap(async () => 1, { retry: { maxCalls: 0, base: 1 } })).toThrow(
    expect.objectContaining({
      code: 'bad-policy',
      exitCode: 104,
      problems: [
        expect.objectContaining({ where: '/retry/base' }),
        expect.objectContaining({ where: '/retry/maxCalls' }),
      ],
    }),
  )
})

test('a bulkhead holds the slot of work that cannot be stopped until it has really ended (P68)', async () => {
  const clock = createVirtualClock()
  const client = openClient({ timeout: { operation: '10ms' }, bulkhead: { maxConcurrent: 1, maxQueue: 0 } }, { clock })
  let running = 0
  let peak = 0
  const fn = wrap(async () => {
    peak = Math.max(peak, ++running)
    await clock.sleep(50 * ms)
    running--
  }, client)
  expect(await ends(fn(), clock, 20)).toMatchObject({ error: { code: 'timeout' } })
  await expect(fn()).rejects.toMatchObject({ code: 'bulkhead-rejected' })
  await clock.advance(40 * ms)
  expect(await ends(fn(), clock, 20)).toMatchObject({ error: { code: 'timeout' } })
  expect(peak).toBe(1)
})

test('a slot is given back though its work stopped while a retry within the bulkhead waited (P68)', async () => {
  const { fn, clock, calledMs }: ReturnType<typeof subject<string>> = subject<string>(
    [
      { bulkhead: { maxConcurrent: 1, maxQueue: 0 } },
      { retry: { strategy: 'fixed', baseDelay: '100ms' } },
      { timeout: { attempt: '20ms' } },
    ],
    [(): Promise<string> => clock.sleep(50 * ms).then(() => 'too late'), () => 'answer'],
    { withSignal: (args) => args },
  )
  expect(await ends(fn(), clock, 130)).toEqual({ value: 'answer' })
  expect(await ends(fn(), clock, 10)).toEqual({ value: 'answer' })
  expect(calledMs).toEqual([0, 120, 130])
})

describe('a wrapped function within a wrapped function', () => {
  const single = { bulkhead: { maxConcurrent: 1, maxQueue: 0 } }

  test('as an alternative of a fallback holds the slot around that until its work has stopped (P68)', async () => {
    const clock = createVirtualClock()
    const slow = wrap(
      (_signal?: AbortSignal) => clock.sleep(50 * ms),
      openClient({ timeout: { attempt: '5ms' } }, { clock }),
      {
        signalOf: (signal) => signal,
      },
    )
    const outer = openClient([single, { fallback: { alternatives: ['slow'] } }], { clock })
    const fn = wrap(async (_signal?: AbortSignal) => fails(), outer, {
      idempotent: true,
      withSignal: (_, signal): [AbortSignal] => [signal],
      alternatives: { slow: (_error, signal) => slow(signal) as Promise<never> },
    })
    expect(await ends(fn(), clock, 20)).toMatchObject({ error: { code: 'ECONNRESET' } })
    await expect(fn()).rejects.toMatchObject({ code: 'bulkhead-rejected' })
    await clock.advance(40 * ms)
    expect(await ends(fn(), clock, 20)).toMatchObject({ error: { code: 'ECONNRESET' } })
  })

  test.each(['timeout', 'abort'] as const)(
    'holds the outer slot until its own work has stopped, after a %s (P68)',
    async (how) => {
      const clock = createVirtualClock()
      const args = {
        signalOf: (signal: AbortSignal) => signal,
        withSignal: (_: unknown, signal: AbortSignal): [AbortSignal] => [signal],
      }
      const inner = wrap(
        (_signal: AbortSignal) => clock.sleep(50 * ms),
        openClient({ timeout: { attempt: how === 'timeout' ? '10ms' : '1s' } }, { clock }),
        args,
      )
      const outer = wrap((signal: AbortSignal) => inner(signal), openClient(single, { clock }), args)
      const caller = new AbortController()
      const first = ends(outer(caller.signal), clock, 20)
      if (how === 'abort') caller.abort(new Error('enough'))
      expect(await first).toMatchObject({ error: how === 'abort' ? { message: 'enough' } : { code: 'timeout' } })
      await expect(outer(new AbortController().signal)).rejects.toMatchObject({ code: 'bulkhead-rejected' })
      await clock.advance(40 * ms)
      const second = outer(new AbortController().signal)
      expect(await ends(second, clock, 5)).toBe('still running')
      await clock.advance(100 * ms)
      await second.catch(() => undefined)
    },
  )
})

describe('chance', () => {
  const jittered = { retry: { strategy: 'fullJitter', baseDelay: '1s', maxCalls: 4 } }

  /** When two functions of the same name, wrapped with one client, are called again. */
  async function timesOf(seed?: string): Promise<readonly (readonly number[])[]> {
    const clock = createVirtualClock()
    const client = openClient(jittered, { clock, ...(seed !== undefined && { seed }) })
    const times = [[], []].map((calledNs: number[]) => {
      const call = wrap(
        async function ask() {
          calledNs.push(clock.nowNs())
          throw reset()
        },
        client,
        { idempotent: true },
      )
      call().catch(() => undefined)
      return calledNs
    })
    await clock.advance(60_000 * ms)
    return times
  }

  test('is another in each client, and in each function of one, unless a seed is given (P23)', async () => {
    const [first, second, seeded, again] = [await timesOf(), await timesOf(), await timesOf('a'), await timesOf('a')]
    expect(first[0]).toHaveLength(4)
    expect(first[0]).not.toEqual(second[0])
    expect(first[0]).not.toEqual(first[1])
    expect(seeded).toEqual(again)
    expect(seeded[0]).not.toEqual(seeded[1])
  })
})

describe('an error that says nothing of its kind', () => {
  class Busy extends Error {}
  const busy = (): never => {
    throw new Busy('come back later')
  }
  const outcomeOfError = (error: unknown): ReturnType<typeof statusFailure> | undefined =>
    error instanceof Busy ? statusFailure(503, 200 * ms) : undefined

  test('is not repeated, but where the program says what it is worth; the caller gets it as it is (L4)', async () => {
    const usual = subject<string>(fixedRetry, [busy])
    expect(await ends(usual.fn(), usual.clock, 100)).toEqual({ error: new Busy('come back later') })
    expect(usual.calledMs).toEqual([0])
    const told = subject<string>(fixedRetry, [busy, () => 'here'], { outcomeOfError })
    expect(await ends(told.fn(), told.clock, 300)).toEqual({ value: 'here' })
    // It may even say when to come back.
    expect(told.calledMs).toEqual([0, 200])
    const other = subject<string>(fixedRetry, [fails, () => 'here'], { outcomeOfError })
    expect(await ends(other.fn(), other.clock, 100)).toEqual({ value: 'here' })
  })

  test('may be an answer: its policies count a success, and the caller gets the error', async () => {
    const missing = new Busy('no such item')
    const { fn, clock, client } = subject<string>(
      { retry: { maxCalls: 3 }, circuitBreaker: { failureThreshold: 1 } },
      [() => Promise.reject(missing)],
      { outcomeOfError: () => success },
    )
    expect(await ends(fn(), clock, 10)).toEqual({ error: missing })
    expect(client.counters()).toMatchObject({ retries: 0, circuitOpened: 0 })
  })

  test('is not asked about a refusal within, nor about an abort (P49)', async () => {
    const refusing = wrap(async () => '', openClient({ bulkhead: { maxConcurrent: 1, maxQueue: 0 } }))
    const asked: unknown[] = []
    const { fn, clock, calledMs } = subject<string>(
      fixedRetry,
      [refusing, () => Promise.reject(new DOMException('', 'AbortError'))],
      {
        outcomeOfError: (error) => {
          asked.push(error)
          return statusFailure(503)
        },
      },
    )
    void refusing()
    expect(await ends(fn(), clock, 100)).toMatchObject({ error: { code: 'bulkhead-rejected' } })
    expect(await ends(fn(), clock, 100)).toMatchObject({ error: { name: 'AbortError' } })
    expect([asked, calledMs]).toEqual([[], [0, 100]])
  })
})

test('a hedge is no retry: the first answer is given, and the other call is aborted (P50)', async () => {
  const retried: unknown[] = []
  const signals: AbortSignal[] = []
  const { fn, clock, calledMs } = subject<string>(
    { hedge: { delay: '5ms' } },
    [
      (signal) => {
        signals.push(signal)
        return never(signal)
      },
      () => 'hedge',
    ],
    { onRetry: (retry) => retried.push(retry) },
  )
  expect(await ends(fn(), clock, 10)).toEqual({ value: 'hedge' })
  expect([calledMs, signals[0]?.aborted, retried]).toEqual([[0, 5], true, []])
})

test('a pool is refused, since a function has no connections of ours, and so is a policy of a file', () => {
  expect(() => wrap(async () => 1, { pool: { max: 2 } })).toThrow(/bad policy client: \/pool: found a pool/u)
  const list = [{ retry: { maxCalls: 2 } }, { use: './policy.ts' }]
  expect(() => wrap(async () => 1, list)).toThrow(/bad policy client: \/1\/use: found a policy of your own/u)
})

test('a timeout, a rate limit, a cache and dead letters stand around one function, and its health can be told (S19)', async () => {
  const client = {
    fallback: { cache: { ttl: '1s' }, deadLetter: {} },
    timeout: { operation: '10ms' },
    circuitBreaker: { failureThreshold: 2 },
    rateLimit: { algorithm: 'tokenBucket', rate: '100/s', burst: 2 },
  }
  const {
    fn,
    clock,
    client: opened,
  } = subject<unknown>(client, [() => 'fresh', never], {
    key: () => 'only',
    describe: () => ({ item: 1 }),
  })
  expect(await ends(fn(), clock, 1)).toEqual({ value: 'fresh' })
  // Too slow, then refused by the limit: the cache answers, until what it holds is too old.
  expect(await ends(Promise.all([fn(), fn()]), clock, 20)).toEqual({ value: ['fresh', 'fresh'] })
  await clock.advance(1100 * ms)
  expect(await ends(fn(), clock, 20)).toMatchObject({ error: { code: 'timeout' } })
  expect(opened.takeDeadLetters()).toMatchObject([{ message: { item: 1 }, error: 'timeout', attempts: 1 }])
  expect(opened.counters()).toMatchObject({ timeouts: 2, fallbackCacheHits: 2, deadLetters: 1, rateLimitRejected: 1 })
  const breakers = opened.breakers().map((breaker) => breaker.stats(clock.nowNs()))
  const operations = { total: 4, succeeded: 3, degraded: 2 }
  expect(healthOf({ breakers, bulkheads: [], operations })).toMatchObject({
    status: 'degraded',
    parts: { operations: 0.25 },
  })
})
