import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createRng } from '../../../../harness/kernel/rng.ts'
import { TimerWheel } from '../../../../harness/kernel/timer-wheel.ts'
import { createVirtualClock } from '../../../../harness/kernel/virtual-clock.ts'
import type { PoolStats } from '../../../../harness/resilience/pool/counts.ts'
import type { PoolClaim, ResourceEvents } from '../../../../harness/resilience/pool/lease.ts'
import { type PoolLimits, unlimitedBut } from '../../../../harness/resilience/pool/limits.ts'
import { Pool } from '../../../../harness/resilience/pool/pool.ts'
import { ms } from '../../../support/fake-attempts.ts'
import { PoolModel } from '../../../support/pool-model.ts'

const users = 6

// Mostly what leaves several idle at once, or their order would not show.
const command = fc.oneof(
  { weight: 50, arbitrary: fc.record({ do: fc.constant('acquire' as const), who: fc.nat(users - 1) }) },
  { weight: 40, arbitrary: fc.record({ do: fc.constant('release' as const), who: fc.nat(users - 1) }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('destroy' as const), who: fc.nat(users - 1) }) },
  { weight: 40, arbitrary: fc.record({ do: fc.constant('open' as const), who: fc.nat(9) }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('lose' as const), who: fc.nat(9) }) },
  { weight: 10, arbitrary: fc.record({ do: fc.constant('advance' as const), who: fc.integer({ min: 1, max: 60 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const), who: fc.constant(0) }) },
)

type Command = { readonly do: string; readonly who: number }

interface Plug {
  readonly id: number
  readonly events: ResourceEvents<null>
  closed: boolean
}

/** A pool of plugs that are made when the test says so, used by six users. */
function poolOf(limits: Partial<PoolLimits>, check?: (plug: Plug) => boolean) {
  const clock = createVirtualClock()
  const wheel = new TimerWheel(clock)
  const plugs: Plug[] = []
  const told: string[] = []
  const pool = new Pool<Plug, null>({
    limits: { ...unlimitedBut(2), ...limits },
    wheel,
    rng: createRng(1),
    port: {
      connect: (events) => {
        const plug = { id: plugs.length, events, closed: false }
        plugs.push(plug)
        return plug
      },
      close: (plug) => {
        if (plug.closed) throw new Error(`${plug.id} is closed twice`)
        plug.closed = true
      },
      ...(check && {
        check: (plug: Plug, answer: (healthy: boolean, nowNs: number) => void) => answer(check(plug), clock.nowNs()),
      }),
    },
  })
  const claims = Array.from({ length: users }, (_, user) =>
    pool.claim({
      granted: ({ id }) => told.push(`${user} has ${id}`),
      refused: ({ kind }) => told.push(`${user} ${kind}`),
    }),
  )
  /** One of those that are not closed. */
  const plugAt = (index: number): Plug | undefined => {
    const alive = plugs.filter(({ closed }) => !closed)
    return alive[index % Math.max(1, alive.length)]
  }
  const carryOut = ({ do: what, who }: Command): void => {
    const nowNs = clock.nowNs()
    const claim = claims[who]!
    const plug = plugAt(who)
    if (what === 'acquire' && claim.state === 'free') {
      const got = pool.acquire(claim, nowNs)
      if (got) told.push(`${who} has ${got.id}`)
    } else if (what === 'release') pool.release(claim, nowNs)
    else if (what === 'destroy') pool.destroy(claim, nowNs)
    else if (what === 'open') plug?.events.opened(nowNs)
    else if (what === 'lose') plug?.events.lost(null, nowNs)
    else if (what === 'advance') clock.run(who * ms)
    else if (what === 'close') pool.close(nowNs)
  }
  return { wheel, pool, plugs, plugAt, told, claims, carryOut }
}

/** Does to the model what is about to be done to the pool. */
function mirror(
  model: PoolModel,
  { do: what, who }: Command,
  plug: Plug | undefined,
  claim: PoolClaim<Plug, null> | undefined,
): void {
  if (what === 'acquire' && claim?.state === 'free') model.acquire(who)
  // What the pool has closed while it was used is not stray when it comes back.
  else if (what === 'release' && !(claim?.state === 'held' && model.closed)) model.release(who)
  else if (what === 'destroy') model.destroy(who)
  else if (what === 'open' && plug) model.opened(plug.id)
  else if (what === 'lose' && plug) model.lost(plug.id)
  else if (what === 'advance') model.advance(who)
  else if (what === 'close') model.close()
}

/** What holds of every pool at any time (H15). */
function checkIdentities({ counters, active, idle, total, connecting, pending }: PoolStats, max: number): void {
  expect(counters.poolCreated - counters.poolClosed).toBe(total)
  expect(counters.poolAcquired).toBe(counters.poolReleased + active)
  const { poolIdleClosed, poolExpired, poolUnhealthy, poolDiscarded } = counters
  expect(poolIdleClosed + poolExpired + poolUnhealthy + poolDiscarded).toBeLessThanOrEqual(counters.poolClosed)
  expect(active + idle).toBeLessThanOrEqual(total)
  expect(total + connecting).toBeLessThanOrEqual(max)
  const { poolRequested, poolAcquired, poolTimeouts, poolWithdrawn, poolRefused } = counters
  const open = poolRequested - poolAcquired - poolTimeouts - poolWithdrawn - poolRefused
  expect(open).toBeGreaterThanOrEqual(pending)
  expect(open).toBeLessThanOrEqual(pending + connecting + (total - active - idle))
}

test('a pool does what its plain model does, whatever happens in whatever order (H10-H15, P40, P41)', () => {
  const property = fc.property(
    fc.array(command, { size: 'max', maxLength: 80 }),
    fc.integer({ min: 1, max: 4 }),
    fc.constantFrom('lifo' as const, 'fifo' as const),
    (commands, max, order) => {
      const model = new PoolModel(max, order, 50, 80)
      const { pool, plugs, plugAt, told, claims, carryOut, wheel } = poolOf({
        max,
        order,
        acquireTimeoutNs: 50 * ms,
        idleTimeoutNs: 80 * ms,
      })
      for (const each of commands) {
        const plug = plugAt(each.who)
        // One that is in use can only be made again in its own place, which the model does not know.
        if (each.do === 'open' && claims.some(({ held }) => held !== null && held === plug)) continue
        mirror(model, each, plug, claims[each.who])
        carryOut(each)
        const stats = pool.stats()
        checkIdentities(stats, max)
        expect(told).toEqual(model.told)
        expect(stats).toMatchObject({
          active: model.leased.length,
          idle: model.idle.length,
          connecting: model.connecting.length,
          pending: model.line.length,
          counters: {
            poolAcquired: model.acquired,
            poolReleased: model.released,
            poolStrayReleases: model.stray,
            poolCreated: model.created,
            poolClosed: model.ended,
            poolWaitNs: model.waitMs * ms,
          },
        })
      }
      pool.close(0)
      expect(wheel.size).toBe(0)
      expect(plugs.every(({ closed }) => closed)).toBe(true)
    },
  )
  fc.assert(property, { numRuns: 100, seed: 1 })
})

test('a pool with a minimum, lifetimes, checks and limited rates keeps its books, and closes all (H15)', () => {
  const property = fc.property(
    fc.array(command, { size: 'max', maxLength: 80 }),
    fc.integer({ min: 0, max: 3 }),
    fc.integer({ min: 3, max: 5 }),
    fc.constantFrom(20, Number.POSITIVE_INFINITY),
    (commands, min, max, connectsPerSecond) => {
      const { pool, plugs, told, claims, carryOut, wheel } = poolOf(
        {
          min,
          max,
          connectsPerSecond,
          acquireTimeoutNs: 50 * ms,
          idleTimeoutNs: 80 * ms,
          maxLifetimeNs: 200 * ms,
          connectTimeoutNs: 70 * ms,
          refillPerSecond: 50,
        },
        ({ id }) => id % 3 !== 0,
      )
      pool.warmUp(0)
      let requested = 0
      for (const each of commands) {
        carryOut(each)
        checkIdentities(pool.stats(), max)
        const held = claims.flatMap((claim) => claim.held ?? [])
        expect(new Set(held).size).toBe(held.length)
        requested = pool.stats().counters.poolRequested
      }
      pool.close(0)
      expect(wheel.size).toBe(0)
      expect(plugs.every(({ closed }) => closed)).toBe(true)
      // Whoever has not given up was told of its end, once.
      const { poolWithdrawn, poolAcquired } = pool.stats().counters
      expect(told).toHaveLength(requested - poolWithdrawn)
      expect(told.filter((text) => text.includes('has'))).toHaveLength(poolAcquired)
    },
  )
  fc.assert(property, { numRuns: 100, seed: 2 })
})
