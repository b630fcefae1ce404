import { describe, expect, test } from 'vitest'
import { createRng } from '../../../../harness/kernel/rng.ts'
import { TimerWheel } from '../../../../harness/kernel/timer-wheel.ts'
import { createVirtualClock } from '../../../../harness/kernel/virtual-clock.ts'
import type { PoolClaim, PoolRefusal, ResourceEvents } from '../../../../harness/resilience/pool/lease.ts'
import { type PoolLimits, unlimitedBut } from '../../../../harness/resilience/pool/limits.ts'
import { Pool } from '../../../../harness/resilience/pool/pool.ts'
import { ms } from '../../../support/fake-attempts.ts'

interface Plug {
  readonly id: number
  readonly events: ResourceEvents<string>
  closed: boolean
}

interface BenchOptions extends Partial<PoolLimits> {
  /** How long making one takes; null: it is never made; 0: at once. */
  readonly connectMs?: number | null
  readonly check?: (id: number, answer: (healthy: boolean) => void) => void
  readonly seed?: number
}

function benchOf({ connectMs = 10, check, seed = 1, ...limits }: BenchOptions = {}) {
  const clock = createVirtualClock()
  const wheel = new TimerWheel(clock)
  const made: Plug[] = []
  const told: string[] = []
  let mostOpen = 0
  const checks: number[] = []
  const pool = new Pool<Plug, string>({
    limits: { ...unlimitedBut(2), ...limits },
    wheel,
    rng: createRng(seed),
    port: {
      connect(events, nowNs) {
        const plug = { id: made.length, events, closed: false }
        made.push(plug)
        mostOpen = Math.max(mostOpen, made.filter(({ closed }) => !closed).length)
        if (connectMs === 0) events.opened(nowNs)
        else if (connectMs !== null) clock.after(connectMs * ms, () => events.opened(clock.nowNs()))
        return plug
      },
      close(plug) {
        expect(plug.closed).toBe(false)
        plug.closed = true
      },
      ...(check && {
        check: (plug: Plug, answer: (healthy: boolean, nowNs: number) => void) => {
          checks.push(plug.id)
          check(plug.id, (healthy) => answer(healthy, clock.nowNs()))
        },
      }),
    },
  })
  const nowMs = () => clock.nowNs() / ms
  const claim = (name: string): PoolClaim<Plug, string> =>
    pool.claim({
      granted: ({ id }) => told.push(`${name}: ${id} at ${nowMs()}`),
      refused: (refusal: PoolRefusal<string>) =>
        told.push(`${name}: ${refusal.kind}${'cause' in refusal ? ` ${refusal.cause}` : ''} at ${nowMs()}`),
    })
  const acquire = (name: string) => {
    const asked = claim(name)
    const plug = pool.acquire(asked, clock.nowNs())
    if (plug) told.push(`${name}: ${plug.id} at once`)
    return asked
  }
  const release = (held: PoolClaim<Plug, string>) => pool.release(held, clock.nowNs())
  const destroy = (held: PoolClaim<Plug, string>) => pool.destroy(held, clock.nowNs())
  /** Those whose resources are open. */
  const open = () => made.filter(({ closed }) => !closed).map(({ id }) => id)
  const counters = () => pool.stats().counters
  return {
    clock,
    wheel,
    pool,
    made,
    told,
    checks,
    claim,
    acquire,
    release,
    destroy,
    open,
    counters,
    mostOpen: () => mostOpen,
  }
}

describe('acquiring', () => {
  test('makes what it may and no more, places taken before it connects (H10, P40)', async () => {
    const { clock, acquire, told, mostOpen, pool } = benchOf({ connectMs: 10 })
    for (const name of 'abcdefgh') acquire(name)
    expect(pool.stats()).toMatchObject({ total: 0, connecting: 2, pending: 6 })
    await clock.advance(10 * ms)
    expect(told).toEqual(['a: 0 at 10', 'b: 1 at 10'])
    expect(mostOpen()).toBe(2)
    expect(pool.stats()).toMatchObject({ total: 2, connecting: 0, active: 2, idle: 0, pending: 6 })
  })

  test('serves those who wait in the order of their coming, at once, without a poll (H10, H11, P44)', async () => {
    const { clock, acquire, release, told, counters } = benchOf({ connectMs: 10 })
    const claims = Array.from('abcdefgh').map((name) => acquire(name))
    await clock.advance(10 * ms)
    for (const claim of claims) {
      await clock.advance(7 * ms)
      release(claim)
    }
    expect(told).toEqual([
      'a: 0 at 10',
      'b: 1 at 10',
      'c: 0 at 17',
      'd: 1 at 24',
      'e: 0 at 31',
      'f: 1 at 38',
      'g: 0 at 45',
      'h: 1 at 52',
    ])
    expect(counters()).toMatchObject({ poolCreated: 2, poolWaits: 6, poolWaitNs: (17 + 24 + 31 + 38 + 45 + 52) * ms })
  })

  test('lets no newcomer overtake who waits, not even from within a grant (H11)', () => {
    const { pool, clock, acquire, release, told } = benchOf({ max: 1, connectMs: 0 })
    const first = acquire('first')
    const greedy = pool.claim({
      granted: () => {
        told.push('second')
        pool.release(greedy, clock.nowNs())
        acquire('newcomer')
      },
      refused: () => {},
    })
    pool.acquire(greedy, 0)
    acquire('third')
    release(first)
    expect(told).toEqual(['first: 0 at once', 'second', 'third: 0 at 0'])
  })

  test('hands on to ten thousand who give back at once without recursion', () => {
    const { pool, acquire, release } = benchOf({ max: 1, connectMs: 0 })
    const first = acquire('first')
    let served = 0
    for (let index = 0; index < 10_000; index++) {
      const claim = pool.claim({
        granted: () => {
          served++
          pool.release(claim, 0)
        },
        refused: () => {},
      })
      pool.acquire(claim, 0)
    }
    release(first)
    expect(served).toBe(10_000)
  })

  test('ends a wait after its timeout, not sooner, and leaves nobody in the line (H10, P45)', async () => {
    const { clock, wheel, acquire, release, told, counters, pool } = benchOf({
      max: 1,
      connectMs: 10,
      acquireTimeoutNs: 50 * ms,
    })
    const holder = acquire('a')
    acquire('b')
    await clock.advance(49 * ms)
    expect(told).toEqual(['a: 0 at 10'])
    await clock.advance(1 * ms)
    expect(told[1]).toBe('b: timeout at 50')
    expect(pool.stats().pending).toBe(0)
    release(holder)
    expect(told).toHaveLength(2)
    expect(counters()).toMatchObject({ poolRequested: 2, poolAcquired: 1, poolTimeouts: 1, poolWaits: 1 })
    expect(counters().poolWaitNs).toBe(50 * ms)
    expect(wheel.size).toBe(0)
  })

  test('bounds the wait in the line only: not the making (H10)', async () => {
    const { clock, acquire, told } = benchOf({ connectMs: 200, acquireTimeoutNs: 50 * ms })
    acquire('a')
    await clock.advance(200 * ms)
    expect(told).toEqual(['a: 0 at 200'])
  })

  test('refuses a second acquisition of one claim', () => {
    const { pool, claim } = benchOf({ connectMs: 0 })
    const one = claim('a')
    pool.acquire(one, 0)
    expect(() => pool.acquire(one, 0)).toThrow('one resource at a time')
  })
})

describe('what cannot be made', () => {
  test('gives its place back, and who waits has the next try (P40)', async () => {
    const { clock, acquire, made, told, counters } = benchOf({ max: 1, connectMs: null })
    acquire('a')
    acquire('b')
    await clock.advance(5 * ms)
    made[0]!.events.lost('refused', clock.nowNs())
    expect(told).toEqual(['a: failed refused at 5'])
    made[1]!.events.opened(clock.nowNs())
    expect(told[1]).toBe('b: 1 at 5')
    expect(counters()).toMatchObject({ poolCreated: 1, poolConnectFailures: 1, poolRefused: 1 })
  })

  test('that hangs ends after its own limit', async () => {
    const { clock, acquire, told, open } = benchOf({ connectMs: null, connectTimeoutNs: 30 * ms })
    acquire('a')
    await clock.advance(30 * ms)
    expect(told).toEqual(['a: connect-timeout at 30'])
    expect(open()).toEqual([])
  })

  test('at once is told at once', () => {
    const { clock, pool, told, claim } = benchOf()
    const failing = new Pool<object, string>({
      limits: unlimitedBut(1),
      wheel: new TimerWheel(clock),
      rng: createRng(1),
      port: {
        connect: (events) => {
          events.lost('no', 0)
          return {}
        },
        close: () => {},
      },
    })
    const one = failing.claim({ granted: () => {}, refused: ({ kind }) => told.push(kind) })
    expect(failing.acquire(one, 0)).toBeNull()
    expect(told).toEqual(['failed'])
    expect(failing.stats()).toMatchObject({ connecting: 0, total: 0 })
    expect(pool.acquire(claim('other'), 0)).toBeNull()
  })

  test('at once, and asked again within being told, gives one resource once', () => {
    const got: string[] = []
    let made = 0
    const failingOnce = new Pool<number, string>({
      limits: unlimitedBut(2),
      wheel: new TimerWheel(createVirtualClock()),
      rng: createRng(1),
      port: {
        connect: (events) => {
          if (made === 0) events.lost('no', 0)
          else events.opened(0)
          return made++
        },
        close: () => {},
      },
    })
    const claim = failingOnce.claim({
      granted: (resource) => got.push(`told of ${resource}`),
      refused: () => got.push(`second has ${failingOnce.acquire(claim, 0)}`),
    })
    got.push(`first has ${failingOnce.acquire(claim, 0)}`)
    expect(got).toEqual(['second has 1', 'first has null'])
  })
})

describe('giving back', () => {
  test('twice, or what one never had, makes no second holder and is counted (H11)', () => {
    const { acquire, release, told, counters, pool } = benchOf({ max: 1, connectMs: 0 })
    const first = acquire('first')
    const second = acquire('second')
    const third = acquire('third')
    release(first)
    release(first)
    release(third)
    expect(told).toEqual(['first: 0 at once', 'second: 0 at 0'])
    expect(pool.stats()).toMatchObject({ active: 1, pending: 1 })
    release(second)
    expect(told[2]).toBe('third: 0 at 0')
    expect(counters().poolStrayReleases).toBe(2)
  })

  test('what was given up in use is closed, and who waits has a new one (H16, P41)', async () => {
    const { clock, acquire, destroy, told, made, open } = benchOf({ max: 1, connectMs: 10 })
    const first = acquire('first')
    acquire('second')
    await clock.advance(10 * ms)
    destroy(first)
    expect(made[0]!.closed).toBe(true)
    await clock.advance(10 * ms)
    expect(told).toEqual(['first: 0 at 10', 'second: 1 at 20'])
    expect(open()).toEqual([1])
  })

  test('what was lost in use is never used again', () => {
    const { acquire, release, made, told } = benchOf({ max: 1, connectMs: 0 })
    const first = acquire('first')
    made[0]!.events.lost('reset', 0)
    expect(made[0]!.closed).toBe(false)
    release(first)
    acquire('second')
    expect(told).toEqual(['first: 0 at once', 'second: 1 at once'])
  })

  test.each([
    ['in the line', 5, 'waiting'],
    ['while it is being made', 5, 'pending'],
  ])('gives up %s without a trace', async (_, atMs, state) => {
    const { clock, wheel, acquire, destroy, pool, told } = benchOf({
      max: 1,
      connectMs: null,
      acquireTimeoutNs: 50 * ms,
      connectTimeoutNs: 60 * ms,
    })
    const first = acquire('first')
    const second = acquire('second')
    await clock.advance(atMs * ms)
    const given = state === 'waiting' ? second : first
    expect(given.state).toBe(state)
    destroy(given)
    destroy(given)
    destroy(state === 'waiting' ? first : second)
    expect(pool.stats()).toMatchObject({ active: 0, total: 0, connecting: 0, pending: 0 })
    expect(pool.stats().counters).toMatchObject({ poolWithdrawn: 2, poolAcquired: 0 })
    expect(wheel.size).toBe(0)
    expect(told).toEqual([])
  })
})

describe('what is idle', () => {
  test('is given out by when it was used: the last first, or the first (P46)', async () => {
    for (const [order, id] of [
      ['lifo', 1],
      ['fifo', 0],
    ] as const) {
      const { acquire, release, told } = benchOf({ order, connectMs: 0 })
      const claims = [acquire('a'), acquire('b')]
      for (const claim of claims) release(claim)
      acquire('c')
      expect(told[2]).toBe(`c: ${id} at once`)
    }
  })

  test('shrinks to what is needed in the order lifo, and never does in fifo (P46)', async () => {
    const sizes = await Promise.all(
      (['lifo', 'fifo'] as const).map(async (order) => {
        const { acquire, release, clock, open } = benchOf({ order, max: 5, connectMs: 0, idleTimeoutNs: 100 * ms })
        for (const claim of Array.from('abcde').map((name) => acquire(name))) release(claim)
        for (let turn = 0; turn < 50; turn++) {
          const claim = acquire('one')
          await clock.advance(10 * ms)
          release(claim)
        }
        return open().length
      }),
    )
    expect(sizes).toEqual([1, 5])
  })

  test('closes when its timeout has come, not before; use begins it anew (H12)', async () => {
    const { clock, acquire, release, open, counters, wheel } = benchOf({ connectMs: 0, idleTimeoutNs: 60 * ms })
    release(acquire('a'))
    await clock.advance(59 * ms)
    const again = acquire('b')
    await clock.advance(30 * ms)
    release(again)
    await clock.advance(59 * ms)
    expect(open()).toEqual([0])
    await clock.advance(1 * ms)
    expect(open()).toEqual([])
    expect(counters()).toMatchObject({ poolIdleClosed: 1, poolCreated: 1, poolClosed: 1 })
    expect(wheel.size).toBe(0)
  })

  test('stays while there are no more than the minimum (H12)', async () => {
    const { clock, acquire, release, open } = benchOf({ min: 1, connectMs: 0, idleTimeoutNs: 60 * ms })
    for (const claim of [acquire('a'), acquire('b')]) release(claim)
    await clock.advance(600 * ms)
    expect(open()).toHaveLength(1)
  })

  test('that is lost makes room at once', async () => {
    const { clock, acquire, release, made, told, counters } = benchOf({ max: 1, connectMs: 0 })
    release(acquire('a'))
    made[0]!.events.lost('closed', clock.nowNs())
    acquire('b')
    expect(told[1]).toBe('b: 1 at once')
    expect(counters().poolDiscarded).toBe(1)
  })
})

describe('a lifetime', () => {
  test('ends within its last tenth, by the seed, so that not all end at once (P47)', async () => {
    const ends = async (seed: number): Promise<number[]> => {
      const { clock, pool, made } = benchOf({
        min: 20,
        max: 20,
        connectMs: 0,
        maxLifetimeNs: 1000 * ms,
        seed,
        refillPerSecond: 0.001,
      })
      pool.warmUp(0)
      const at: number[] = []
      for (let now = 0; now < 1100; now++) {
        await clock.advance(1 * ms)
        while (at.length < made.slice(0, 20).filter(({ closed }) => closed).length) at.push(now + 1)
      }
      return at
    }
    const seen = await ends(1)
    expect(seen).toHaveLength(20)
    expect(Math.min(...seen)).toBeGreaterThanOrEqual(900)
    expect(Math.max(...seen)).toBeLessThanOrEqual(1000)
    expect(new Set(seen).size).toBeGreaterThan(10)
    expect(await ends(1)).toEqual(seen)
    expect(await ends(2)).not.toEqual(seen)
  })

  test('that ends in use is respected when it comes back (P47)', async () => {
    const { clock, acquire, release, told, counters } = benchOf({ max: 1, connectMs: 0, maxLifetimeNs: 100 * ms })
    const first = acquire('a')
    acquire('b')
    await clock.advance(150 * ms)
    release(first)
    expect(told).toEqual(['a: 0 at once', 'b: 1 at 150'])
    expect(counters().poolExpired).toBe(1)
  })
})

describe('a health check', () => {
  test('keeps what does not work from being used, and the claim its turn (P47)', () => {
    const { acquire, release, told, checks, counters } = benchOf({ connectMs: 0, check: (id, say) => say(id !== 1) })
    const claims = [acquire('a'), acquire('b')]
    for (const claim of claims) release(claim)
    acquire('c')
    acquire('d')
    expect(told.slice(2)).toEqual(['c: 0 at once', 'd: 2 at once'])
    expect(checks).toEqual([1, 0])
    expect(counters()).toMatchObject({ poolUnhealthy: 1, poolClosed: 1, poolCreated: 3 })
  })

  test('without an answer has failed after its own limit; a late answer means nothing (P47)', async () => {
    const answers: ((healthy: boolean) => void)[] = []
    const { clock, acquire, release, told, pool } = benchOf({
      max: 1,
      connectMs: 0,
      checkTimeoutNs: 20 * ms,
      check: (_, answer) => answers.push(answer),
    })
    release(acquire('a'))
    acquire('b')
    expect(pool.stats()).toMatchObject({ total: 1, active: 0, idle: 0 })
    await clock.advance(20 * ms)
    expect(told[1]).toBe('b: 1 at 20')
    answers[0]!(true)
    expect(pool.stats()).toMatchObject({ total: 1, active: 1 })
  })
})

describe('the minimum', () => {
  test('is there before anybody asks (H13)', async () => {
    const { clock, pool, acquire, told } = benchOf({ min: 2, connectMs: 10 })
    pool.warmUp(0)
    await clock.advance(10 * ms)
    expect(pool.stats()).toMatchObject({ idle: 2, total: 2 })
    acquire('a')
    expect(told).toEqual(['a: 1 at once'])
  })

  test('is made up again after a loss, no faster than it may (H13, P47)', async () => {
    const { clock, pool, made } = benchOf({ min: 4, max: 4, connectMs: 0, refillPerSecond: 10 })
    pool.warmUp(0)
    for (const { events } of made.slice()) events.lost('reset', clock.nowNs())
    const sizes: number[] = []
    for (let turn = 0; turn < 5; turn++) {
      sizes.push(pool.stats().total)
      await clock.advance(100 * ms)
    }
    expect(sizes).toEqual([1, 2, 3, 4, 4])
  })

  test('that cannot be made is tried on and on at that rate, and once it can, is there', async () => {
    const { clock, pool, made } = benchOf({ min: 1, connectMs: null, refillPerSecond: 10 })
    pool.warmUp(0)
    for (let turn = 0; turn < 20; turn++) {
      made.at(-1)!.events.lost('refused', clock.nowNs())
      await clock.advance(100 * ms)
    }
    expect(made).toHaveLength(21)
    made.at(-1)!.events.opened(clock.nowNs())
    expect(pool.stats().idle).toBe(1)
  })
})

test('a rate that is next to nothing lets none be made after the first', async () => {
  const { clock, acquire, told, pool, made } = benchOf({ min: 2, connectMs: 0, connectsPerSecond: 1e-310 })
  pool.warmUp(0)
  made[0]!.events.lost('reset', 0)
  acquire('a')
  acquire('b')
  await clock.advance(3_600_000 * ms)
  expect(told).toEqual(['a: 1 at once'])
  expect(pool.stats()).toMatchObject({ total: 1, pending: 1 })
})

test('a limited rate of connecting makes those wait who need a new one, in order', async () => {
  const { clock, acquire, told } = benchOf({ max: 4, connectMs: 0, connectsPerSecond: 100 })
  for (const name of 'abcd') acquire(name)
  await clock.advance(50 * ms)
  expect(told).toEqual(['a: 0 at once', 'b: 1 at 10', 'c: 2 at 20', 'd: 3 at 30'])
})

test('what was made again in its own place is counted as another', () => {
  const { acquire, release, made, pool } = benchOf({ connectMs: 0 })
  const one = acquire('a')
  made[0]!.events.opened(1)
  release(one)
  expect(pool.stats()).toMatchObject({ total: 1, counters: { poolCreated: 2, poolClosed: 1 } })
})

test('closing tells those who wait, closes all, and what comes back late does no harm (H14, P47)', async () => {
  const { clock, wheel, pool, acquire, release, destroy, told, open, counters } = benchOf({
    connectMs: 10,
    idleTimeoutNs: 50 * ms,
    acquireTimeoutNs: 90 * ms,
  })
  const used = acquire('used')
  await clock.advance(10 * ms)
  acquire('making')
  acquire('waiting')
  pool.close(clock.nowNs())
  expect(told.slice(1).toSorted()).toEqual(['making: closed at 10', 'waiting: closed at 10'])
  expect(open()).toEqual([])
  release(used)
  destroy(used)
  acquire('late')
  expect(told.at(-1)).toBe('late: closed at 10')
  await clock.advance(100 * ms)
  expect(wheel.size).toBe(0)
  expect(clock.pending()).toBe(0)
  expect(counters()).toMatchObject({
    poolAcquired: 1,
    poolReleased: 1,
    poolCreated: 1,
    poolClosed: 1,
    poolStrayReleases: 0,
  })
})

test.each([
  ['min', -1],
  ['max', 0],
  ['min', 3],
  ['acquireTimeoutNs', 0],
  ['idleTimeoutNs', 0],
  ['maxLifetimeNs', Number.NaN],
  ['refillPerSecond', 0],
])('limits with %s %d are refused (H10)', (name, value) => {
  expect(() => benchOf({ [name]: value })).toThrow(
    `found ${name === 'min' && value === 3 ? 'max 2' : `${name} ${value}`}`,
  )
})
