import { describe, expect, test } from 'vitest'
import { createRng } from '../../../../harness/kernel/rng.ts'
import { TimerWheel } from '../../../../harness/kernel/timer-wheel.ts'
import { createVirtualClock } from '../../../../harness/kernel/virtual-clock.ts'
import type { EffectFacts } from '../../../../harness/measure/effect.ts'
import { Client, clientEffects } from '../../../../harness/resilience/client.ts'
import { clientProblems, parseClient, type RawClient } from '../../../../harness/resilience/settings.ts'
import { ms } from '../../../support/fake-attempts.ts'
import { factsOf } from '../../../support/facts.ts'

describe('a pool of a profile', () => {
  test('has the defaults of H10: none kept, ten at most, 5 s of waiting, 60 s of idleness (H10)', () => {
    expect(parseClient({ pool: {} })).toEqual([
      {
        keyword: 'pool',
        settings: {
          min: 0,
          max: 10,
          acquireTimeoutNs: 5e9,
          idleTimeoutNs: 60e9,
          maxLifetimeNs: Number.POSITIVE_INFINITY,
          order: 'lifo',
          refillPerSecond: 10,
          connectsPerSecond: Number.POSITIVE_INFINITY,
        },
      },
    ])
  })

  test('says all that is wrong with it at once (H10)', () => {
    const raw = { pool: { min: 5, max: 2, acquireTimeout: '0s', idleTimeout: '0ms', maxLifetime: '0s' } }
    expect(clientProblems(raw, '/client')).toEqual([
      { where: '/client/pool/max', message: 'found 2, allowed: at least min, which is 5' },
      { where: '/client/pool/acquireTimeout', message: 'found "0s", allowed: over 0' },
      { where: '/client/pool/idleTimeout', message: 'found "0ms", allowed: over 0' },
      { where: '/client/pool/maxLifetime', message: 'found "0s", allowed: over 0' },
    ])
    expect(clientProblems([{ pool: {} }, { pool: {} }], '/client')).toEqual([
      { where: '/client/1/pool', message: 'found a second pool, allowed: one' },
    ])
  })

  test.each([
    [{ protocol: 'udp' }, 'found a pool of udp'],
    [{ protocol: 'grpc' }, 'found a pool of gRPC'],
    [{ protocol: 'http', version: '2' }, 'found a pool of HTTP/2'],
    [{ protocol: 'http', version: '1.1', pipelining: 4 }, 'found a pool beside pipelining 4'],
    [{ protocol: 'http', version: '1.1', keepAlive: false }, 'found a pool beside keepAlive false'],
  ])('is refused beside a workload that it says nothing to: %j', (workload, message) => {
    const [problem] = clientProblems({ pool: {} }, '/client', workload)
    expect(problem).toMatchObject({ where: '/client/pool', message: expect.stringContaining(message) as string })
  })

  test.each([
    [{ protocol: 'http', version: '1.1', pipelining: 1 }],
    [{ protocol: 'tcp' }],
    [{ protocol: 'websocket' }],
  ])('is had beside %j', (workload) => {
    expect(clientProblems({ pool: {} }, '/client', workload)).toEqual([])
  })

  test('counts for its client, whose pools it makes, and gives the highest that there were', async () => {
    const clock = createVirtualClock()
    const wheel = new TimerWheel(clock)
    const client = new Client(parseClient({ pool: { max: 2 } }), { wheel, rng: createRng(1) })
    const pools = [0, 1].map(() =>
      client.connections!.pool<object, null>({ connect: () => ({}), close: () => {} }, 30 * ms),
    )
    for (const pool of pools)
      for (let user = 0; user < 3; user++) pool.acquire(pool.claim({ granted: () => {}, refused: () => {} }), 0)
    expect(client.takePeaks()).toEqual({ poolPeak: 2, poolPendingPeak: 1 })
    expect(client.takePeaks()).toEqual({ poolPeak: 0, poolPendingPeak: 0 })
    await clock.advance(30 * ms)
    expect(client.counters()).toMatchObject({ poolRequested: 6, poolConnectFailures: 4, poolRefused: 4, poolWaits: 2 })
    for (const pool of pools) pool.close(clock.nowNs())
    expect(wheel.size).toBe(0)
  })

  test('is absent from a client without one', () => {
    const wheel = new TimerWheel(createVirtualClock())
    expect(new Client(parseClient({ retry: {} }), { wheel, rng: createRng(1) }).connections).toBeUndefined()
  })
})

describe('what must be seen of a pool', () => {
  const seen = { poolCreated: 4, poolClosed: 4, poolWaits: 0 }
  const effects = (client: RawClient, changes: Partial<EffectFacts>) =>
    clientEffects(parseClient(client), {
      injectedShare: 0,
      backgroundShare: 0,
      idempotentShare: 1,
      facts: factsOf({ policyCounters: seen, policyPeaks: { poolPeak: 4 }, ...changes }),
    }).map(({ metric, lo, hi, ok }) => [metric, lo, hi, ok])

  test('are never more connections than it may have in all processes, all closed, and nobody who waits in vain', () => {
    expect(effects({ pool: {} }, {})).toEqual([
      ['poolPeak', 1, 10, true],
      ['poolLeaked', 0, 0, true],
      ['poolWaits', 0, 0, true],
    ])
    const load = { ...factsOf({}).load, processes: 2 }
    expect(effects({ pool: { min: 1, max: 2 } }, { load })).toEqual([
      ['poolPeak', 2, 4, true],
      ['poolLeaked', 0, 0, true],
    ])
  })

  test('is missed by a pool that has too many, that was not used, or that leaks', () => {
    expect(effects({ pool: { max: 3 } }, {})[0]).toEqual(['poolPeak', 1, 3, false])
    expect(effects({ pool: {} }, { policyPeaks: { poolPeak: 0 } })[0]?.at(-1)).toBe(false)
    expect(effects({ pool: {} }, { policyCounters: { ...seen, poolClosed: 3 } })[1]?.at(-1)).toBe(false)
    expect(effects({ pool: {} }, { policyCounters: { ...seen, poolWaits: 1 } })[2]?.at(-1)).toBe(false)
  })
})
