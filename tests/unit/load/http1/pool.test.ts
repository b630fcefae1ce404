import { describe, expect, test } from 'vitest'
import { ConnectionPool, type LeaseWaiter, type PooledConnection } from '../../../../harness/load/http1/pool.ts'

class Plug implements PooledConnection<Plug> {
  leases = 0
  above: Plug | null = null
  below: Plug | null = null
  closed = false
  readonly name: number

  constructor(name: number) {
    this.name = name
  }

  close(): void {
    this.closed = true
  }
}

class Waiter implements LeaseWaiter<Plug> {
  waiting = false
  ahead: LeaseWaiter<Plug> | null = null
  behind: LeaseWaiter<Plug> | null = null
  plug: Plug | null = null
  leasedNs = -1

  leased(plug: Plug, nowNs: number): void {
    this.plug = plug
    this.leasedNs = nowNs
  }
}

function poolOf(connections: number, depth = 1) {
  const made: Plug[] = []
  const make = (): Plug => {
    const plug = new Plug(made.length)
    made.push(plug)
    return plug
  }
  const pool = new ConnectionPool<Plug>({ connections, depth, make })
  const lease = (): Plug => pool.lease(new Waiter())!
  return { pool, made, lease }
}

describe('a pool', () => {
  test('makes connections when they are needed, and never more than it may', () => {
    const { pool, made, lease } = poolOf(2)
    expect(made).toHaveLength(0)
    expect(lease().name).toBe(0)
    expect(lease().name).toBe(1)
    expect(pool.lease(new Waiter())).toBeNull()
    expect(made).toHaveLength(2)
  })

  test('gives out the connection that was used last, before it makes another', () => {
    const { pool, made, lease } = poolOf(3)
    const [first, second] = [lease(), lease()]
    pool.release(first, 0)
    pool.release(second, 0)
    expect(lease()).toBe(second)
    expect(lease()).toBe(first)
    expect(made).toHaveLength(2)
  })

  test('serves those who wait in order, at once, and tells them when', () => {
    const { pool, lease } = poolOf(1)
    const plug = lease()
    const waiters = [new Waiter(), new Waiter()]
    for (const waiter of waiters) expect(pool.lease(waiter)).toBeNull()
    pool.release(plug, 7)
    expect(waiters.map(({ plug: got }) => got)).toEqual([plug, null])
    expect(waiters[0]!.leasedNs).toBe(7)
    pool.release(plug, 8)
    expect(waiters[1]!.plug).toBe(plug)
  })

  test.each([0, 1, 2])('lets waiter %i of three withdraw, and serves the others', (index) => {
    const { pool, lease } = poolOf(1)
    const plug = lease()
    const waiters = [new Waiter(), new Waiter(), new Waiter()]
    for (const waiter of waiters) pool.lease(waiter)
    pool.withdraw(waiters[index]!)
    pool.withdraw(waiters[index]!)
    for (let left = 0; left < 3; left++) pool.release(plug, left)
    expect(waiters.map(({ leasedNs }) => leasedNs >= 0)).toEqual([0, 1, 2].map((one) => one !== index))
    expect(lease()).toBe(plug)
  })

  test('lets a waiter wait anew after it has withdrawn', () => {
    const { pool, lease } = poolOf(1)
    const plug = lease()
    const [early, late] = [new Waiter(), new Waiter()]
    pool.lease(early)
    pool.lease(late)
    pool.withdraw(early)
    pool.lease(early)
    pool.release(plug, 1)
    expect([early.plug, late.plug]).toEqual([null, plug])
  })

  test('takes 100,000 waiters out of its queue in no time, the last ones first', () => {
    const { pool, lease } = poolOf(1)
    lease()
    const waiters = Array.from({ length: 100_000 }, () => new Waiter())
    const before = performance.now()
    for (const waiter of waiters) pool.lease(waiter)
    for (const waiter of waiters.toReversed()) pool.withdraw(waiter)
    // Were they looked for, it would be minutes.
    expect(performance.now() - before).toBeLessThan(1500)
  })

  test('closes what it has made', () => {
    const { pool, made, lease } = poolOf(3)
    lease()
    pool.release(lease(), 0)
    pool.close()
    expect(made.map(({ closed }) => closed)).toEqual([true, true])
  })
})

describe('a pool of shared connections', () => {
  const names = (plugs: readonly Plug[]) => plugs.map(({ name }) => name)

  test('spreads over connections before it shares one, and shares evenly', () => {
    const { pool, lease } = poolOf(2, 3)
    const plugs = Array.from({ length: 6 }, lease)
    expect(names(plugs.slice(0, 2)).toSorted((a, b) => a - b)).toEqual([0, 1])
    expect(names(plugs.slice(2, 4)).toSorted((a, b) => a - b)).toEqual([0, 1])
    expect(names(plugs.slice(4, 6)).toSorted((a, b) => a - b)).toEqual([0, 1])
    expect(pool.lease(new Waiter())).toBeNull()
  })

  test('takes the one with the fewest leases', () => {
    const { pool, made, lease } = poolOf(3, 4)
    for (let count = 0; count < 9; count++) lease()
    const [, second] = made as [Plug, Plug, Plug]
    pool.release(second, 0)
    pool.release(second, 0)
    expect([lease(), lease()]).toEqual([second, second])
    expect(made.map(({ leases }) => leases)).toEqual([3, 3, 3])
  })

  test('gives a lease that comes back to who waits', () => {
    const { pool, lease } = poolOf(1, 2)
    const plug = lease()
    lease()
    const waiter = new Waiter()
    expect(pool.lease(waiter)).toBeNull()
    pool.release(plug, 0)
    expect(waiter.plug).toBe(plug)
    expect(plug.leases).toBe(2)
  })

  test('keeps its books in any order of leases, releases and withdrawals', () => {
    const connections = 4
    const depth = 3
    const { pool, made } = poolOf(connections, depth)
    const held: Plug[] = []
    const waiting: Waiter[] = []
    let state = 12_345
    const random = (below: number): number => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31
      return Math.floor((state / 2 ** 31) * below)
    }
    const broken = new Set<string>()
    const must = (what: string, holds: boolean): unknown => holds || broken.add(what)
    for (let step = 0; step < 20_000; step++) {
      const kind = random(5)
      if (kind < 2) {
        const waiter = new Waiter()
        const plug = pool.lease(waiter)
        if (plug) held.push(plug)
        else waiting.push(waiter)
      } else if (kind < 4 && held.length > 0) {
        pool.release(held.splice(random(held.length), 1)[0]!, step)
        if (waiting[0]?.plug) held.push(waiting.shift()!.plug!)
      } else if (waiting.length > 0) pool.withdraw(waiting.splice(random(waiting.length), 1)[0]!)
      const leased = made.reduce((sum, { leases }) => sum + leases, 0)
      must(
        'who waits has nothing',
        waiting.every(({ plug }) => plug === null),
      )
      must('what is leased is held', leased === held.length)
      must(
        'no connection has more than its depth',
        made.every(({ leases }) => leases <= depth),
      )
      must('who waits does so for all', waiting.length === 0 || held.length === connections * depth)
    }
    expect(broken).toEqual(new Set())
    expect(made).toHaveLength(connections)
  })
})
