import { describe, expect, test } from 'vitest'
import { createVirtualClock } from '../../../../harness/kernel/virtual-clock.ts'
import { PooledClient, type PooledClientOptions } from '../../../../harness/resilience/pool/pooled-client.ts'
import { ms } from '../../../support/fake-attempts.ts'
import { errorOf } from '../../../support/rejection.ts'

interface Wire {
  readonly id: number
  open: boolean
  /** Requests that the server works on, given up or not. */
  inFlight: number
}

interface Behaviour {
  readonly connectMs?: number
  readonly connects?: (id: number) => boolean
  /** How long each request takes; null: it is never answered. */
  readonly tookMs?: (request: number) => number | null
}

type Options = Partial<PooledClientOptions<Wire, string, string>>

function clientOf({ connectMs = 10, connects = () => true, tookMs = () => 20 }: Behaviour, options: Options = {}) {
  const clock = createVirtualClock()
  const wires: Wire[] = []
  const told: string[] = []
  const sent: string[] = []
  const seen = { requests: 0, mostOpen: 0, mostOnOne: 0 }
  const client = new PooledClient<Wire, string, string>({
    clock,
    idempotent: true,
    connector: {
      async connect() {
        const wire = { id: wires.length, open: true, inFlight: 0 }
        wires.push(wire)
        seen.mostOpen = Math.max(seen.mostOpen, wires.filter(({ open }) => open).length)
        await clock.sleep(connectMs * ms)
        if (connects(wire.id)) return wire
        wire.open = false
        throw Object.assign(new Error('no'), { code: 'ECONNREFUSED' })
      },
      close: (wire) => {
        wire.open = false
      },
    },
    // It does not heed the signal: the server works on whatever the client thinks of it.
    async send(wire, payload) {
      sent.push(`${payload} on ${wire.id} at ${clock.nowNs() / ms}`)
      wire.inFlight++
      seen.mostOnOne = Math.max(seen.mostOnOne, wire.inFlight)
      const took = tookMs(++seen.requests)
      if (took === null) return new Promise<string>(() => {})
      await clock.sleep(took * ms)
      wire.inFlight--
      return payload.toUpperCase()
    },
    onFailure: (payload, error) => told.push(`${payload} ${(error as { code?: string }).code ?? String(error)}`),
    ...options,
  })
  const check = (): void => {
    const stats = client.stats()
    const { counters, active, total, connecting } = client.poolStats()
    expect(stats.requestsSent).toBe(stats.operations - stats.unsent + stats.retries)
    expect(stats.operations).toBe(stats.responsesReceived + stats.failures + stats.inFlight)
    expect(counters.poolAcquired).toBe(counters.poolReleased + active)
    expect(counters.poolCreated - counters.poolClosed).toBe(total)
    expect(total + connecting).toBeLessThanOrEqual(seen.mostOpen)
  }
  return { clock, client, wires, told, sent, seen, check }
}

const closed = { retry: { strategy: 'fixed', baseDelay: '10ms', maxCalls: 3 } }

describe('a pooled client', () => {
  test('sends eight requests over two connections in their order, waiting included in its times (H16, P40, P45)', async () => {
    const { clock, client, sent, seen, check } = clientOf({}, { pool: { max: 2 } })
    const ends = Promise.all(Array.from('abcdefgh', (payload) => client.request(payload)))
    for (let turn = 0; turn < 20; turn++) {
      await clock.advance(5 * ms)
      check()
    }
    expect(await ends).toEqual(Array.from('ABCDEFGH'))
    expect(seen).toEqual({ requests: 8, mostOpen: 2, mostOnOne: 1 })
    expect(sent.map((text) => text[0]).join('')).toBe('abcdefgh')
    // Connected by 10 ms, four turns of 20 ms.
    expect(client.responseTimePercentileMs(0)).toBeCloseTo(30, 1)
    expect(client.responseTimePercentileMs(1)).toBeCloseTo(90, 0)
    expect(client.averageResponseTimeMs).toBeCloseTo((30 + 50 + 70 + 90) / 4, 1)
    client[Symbol.dispose]()
    await clock.advance(1 * ms)
    expect(clock.pending()).toBe(0)
  })

  test('has another connection after a timeout: the server never works on two requests of one (H16, P41)', async () => {
    const { clock, client, wires, seen, sent, check } = clientOf(
      { tookMs: (request) => (request <= 2 ? 200 : 20) },
      { pool: { max: 1 }, timeout: '50ms', client: closed },
    )
    const response = client.request('a')
    await clock.advance(1000 * ms)
    expect(await response).toBe('A')
    expect(sent).toEqual(['a on 0 at 10', 'a on 1 at 80', 'a on 2 at 150'])
    expect(seen.mostOnOne).toBe(1)
    expect(wires.map(({ open }) => open)).toEqual([false, false, true])
    expect(client.stats()).toMatchObject({ requestsSent: 3, retries: 2, timeouts: 2, responsesReceived: 1 })
    check()
  })

  test('fails a request whose turn does not come in time, and does not repeat that (H16, P45)', async () => {
    const told: string[] = []
    const pool = { max: 1, acquireTimeout: '100ms' }
    const { clock, client, check } = clientOf(
      { tookMs: () => null },
      { pool, client: closed, onAcquireTimeout: () => told.push('timeout') },
    )
    void client.request('a').catch(() => {})
    const late = errorOf(client.request('b'))
    await clock.advance(99 * ms)
    expect(client.stats()).toMatchObject({ failures: 0 })
    await clock.advance(1 * ms)
    expect(await late).toMatchObject({ name: 'PolicyError', code: 'pool-timeout' })
    expect(told).toEqual(['timeout'])
    expect(client.stats()).toMatchObject({ connectionWaitTimeouts: 1, failures: 1, timeouts: 0, retries: 0, unsent: 1 })
    check()
    client[Symbol.dispose]()
  })

  test('counts the time of a timeout from the sending on: waiting for a connection does not use it up (H16)', async () => {
    const { clock, client } = clientOf({ connectMs: 40, tookMs: () => 45 }, { pool: { max: 1 }, timeout: '50ms' })
    const ends = Promise.all([client.request('a'), client.request('b')])
    await clock.advance(200 * ms)
    expect(await ends).toEqual(['A', 'B'])
    expect(client.stats().timeouts).toBe(0)
  })

  test('repeats what cannot be connected as what fails, with the error of the connector in the end', async () => {
    const { clock, client, check } = clientOf({ connects: (id) => id > 1 }, { client: closed })
    const response = client.request('a')
    await clock.advance(200 * ms)
    expect(await response).toBe('A')
    expect(client.poolStats().counters).toMatchObject({ poolConnectFailures: 2, poolCreated: 1 })
    check()
    const never = clientOf({ connects: () => false }, { client: closed })
    const failed = errorOf(never.client.request('a'))
    await never.clock.advance(200 * ms)
    expect(await failed).toMatchObject({ code: 'ECONNREFUSED' })
  })

  test.each([
    ['while it waits for a connection', 5, 'b'],
    ['while it is connected for', 5, 'a'],
    ['while it is answered', 20, 'a'],
  ])('gives a request up at once that is aborted %s', async (_, atMs, which) => {
    const { clock, client, wires } = clientOf({ tookMs: () => 500 }, { pool: { max: 1 } })
    const controllers = { a: new AbortController(), b: new AbortController() }
    const ends = (['a', 'b'] as const).map((name) => client.request(name, { signal: controllers[name].signal }))
    const settled = Promise.allSettled(ends)
    await clock.advance(atMs * ms)
    controllers[which as 'a'].abort(new Error('enough'))
    await expect(ends[which === 'a' ? 0 : 1]).rejects.toThrow('enough')
    expect(client.poolStats().pending).toBe(0)
    await clock.advance(1000 * ms)
    const other = which === 'a' ? 1 : 0
    expect((await settled)[other]).toMatchObject({ status: 'fulfilled' })
    expect(wires.filter(({ open }) => open)).toHaveLength(1)
    client[Symbol.dispose]()
    await clock.advance(1 * ms)
    expect(clock.pending()).toBe(0)
  })

  test('has its minimum after the warm-up, and again after one was lost (H13)', async () => {
    let lose: ((error: unknown) => void) | undefined
    const clock = createVirtualClock()
    let made = 0
    const client = new PooledClient<number, string, string>({
      clock,
      pool: { min: 2, max: 3, refillPerSecond: 100 },
      connector: {
        connect: async (_, lost) => {
          lose = lost
          await clock.sleep(10 * ms)
          return ++made
        },
        close: () => {},
      },
      send: async () => 'ok',
    })
    const warm = client.warmUp()
    await clock.advance(10 * ms)
    await warm
    expect(client.poolStats()).toMatchObject({ idle: 2, total: 2 })
    lose?.(new Error('reset'))
    await clock.advance(30 * ms)
    expect(client.poolStats()).toMatchObject({ idle: 2, total: 2, counters: { poolCreated: 3 } })
    client[Symbol.dispose]()
  })

  test('checks idle connections before it uses them, where the connector can (P47)', async () => {
    const clock = createVirtualClock()
    let made = 0
    const used: number[] = []
    const client = new PooledClient<number, string, string>({
      clock,
      connector: {
        connect: () => ++made,
        close: () => {},
        check: (id) => {
          if (id === 1) throw new Error('gone')
          return true
        },
      },
      send: async (id) => {
        used.push(id)
        return 'ok'
      },
    })
    for (let turn = 0; turn < 3; turn++) await client.request('a')
    expect(used).toEqual([1, 2, 2])
    expect(client.poolStats().counters).toMatchObject({ poolUnhealthy: 1, poolCreated: 2 })
    client[Symbol.dispose]()
  })

  test('tells of connections given out and given back, whatever its callbacks throw (H10, H3)', async () => {
    const told: string[] = []
    const { clock, client } = clientOf(
      {},
      {
        onAcquire: ({ id }) => {
          told.push(`+${id}`)
          throw new Error('boom')
        },
        onRelease: ({ id }) => told.push(`-${id}`),
      },
    )
    const response = client.request('a')
    await clock.advance(100 * ms)
    expect(await response).toBe('A')
    expect(told).toEqual(['+0', '-0'])
    expect(client.stats().callbackErrors).toBe(1)
    client[Symbol.dispose]()
  })

  test('that is closed rejects who waits, and closes all (H14, P47)', async () => {
    const { clock, client, wires } = clientOf({ tookMs: () => null }, { pool: { max: 1 } })
    void client.request('a').catch(() => {})
    const waiting = errorOf(client.request('b'))
    await clock.advance(20 * ms)
    client[Symbol.dispose]()
    expect(await waiting).toMatchObject({ name: 'PoolClosedError' })
    await expect(client.request('c')).rejects.toMatchObject({ name: 'PoolClosedError' })
    await clock.advance(1 * ms)
    expect(wires.every(({ open }) => !open)).toBe(true)
    expect(clock.pending()).toBe(0)
  })

  test('refuses a pool that cannot be (H10)', () => {
    expect(() => clientOf({}, { pool: { min: 3, max: 2 } })).toThrow('at least min')
    expect(() => clientOf({}, { pool: { max: 0 } })).toThrow('bad policy pool')
    expect(() => clientOf({}, { pool: { idleTimeout: '0s' } })).toThrow('over 0')
    for (const key of ['connectTimeout', 'checkTimeout'])
      for (const time of ['0s', 'soon'])
        expect(() => clientOf({}, { pool: { [key]: time } })).toThrow(
          expect.objectContaining({ code: 'bad-policy', problems: [expect.objectContaining({ where: `/${key}` })] }),
        )
  })
})
