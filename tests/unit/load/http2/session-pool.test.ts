import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createWaiter } from '../../../../harness/kernel/waiting-line.ts'
import { type PooledConnection, SessionPool } from '../../../../harness/load/http2/session-pool.ts'

interface Fake extends PooledConnection {
  readonly number: number
  capacity: number
  usable: boolean
  closed: boolean
}

function poolOf(size: number, capacity: number) {
  const made: Fake[] = []
  const pool: SessionPool<Fake> = new SessionPool(size, () => {
    const connection: Fake = {
      number: made.length,
      capacity,
      usable: true,
      load: 0,
      member: false,
      place: -1,
      closed: false,
      close: () => {
        connection.closed = true
      },
    }
    made.push(connection)
    return connection
  })
  const granted: string[] = []
  const waiter = (name: string) => createWaiter<Fake>(({ number }, nowNs) => granted.push(`${name}:${number}@${nowNs}`))
  const lease = (name = 'nobody') => pool.lease(waiter(name))
  return { pool, made, granted, waiter, lease }
}

describe('a pool of sessions', () => {
  test('makes a connection only when all it has are in use, and then spreads streams over them', () => {
    const { pool, made, lease } = poolOf(3, 4)
    const first = lease()!
    pool.release(first, 0)
    expect(lease()).toBe(first)
    expect(made).toHaveLength(1)
    for (let stream = 1; stream < 9; stream++) lease()
    expect(made.map(({ load }) => load)).toEqual([3, 3, 3])
    for (let stream = 9; stream < 12; stream++) lease()
    expect(made.map(({ load }) => load)).toEqual([4, 4, 4])
    expect(lease()).toBe(null)
  })

  test('serves those who wait in their order, those who have withdrawn left out', () => {
    const { pool, granted, waiter, lease } = poolOf(1, 2)
    const only = lease()!
    lease()
    const waiters = ['a', 'b', 'c'].map((name) => waiter(name))
    for (const one of waiters) expect(pool.lease(one)).toBe(null)
    pool.withdraw(waiters[1]!)
    pool.withdraw(waiters[1]!)
    pool.release(only, 5)
    pool.release(only, 6)
    pool.release(only, 7)
    expect(granted).toEqual(['a:0@5', 'c:0@6'])
    expect(only.load).toBe(1)
  })

  test('gives out more of a connection that has grown, and no more of one that has shrunk', () => {
    const { pool, granted, lease } = poolOf(1, 1)
    const only = lease()!
    lease('a')
    lease('b')
    lease('c')
    only.capacity = 3
    pool.resized(only, 9)
    expect(granted).toEqual(['a:0@9', 'b:0@9'])
    only.capacity = 1
    pool.resized(only, 10)
    pool.release(only, 11)
    pool.release(only, 12)
    expect(granted).toHaveLength(2)
    pool.release(only, 13)
    expect(granted).toEqual(['a:0@9', 'b:0@9', 'c:0@13'])
  })

  test('makes another in place of one that has left, whose streams are still given back', () => {
    const { pool, made, granted, lease } = poolOf(1, 2)
    const only = lease()!
    lease()
    lease('a')
    pool.leave(only, 3)
    pool.leave(only, 4)
    expect(granted).toEqual(['a:1@3'])
    pool.release(only, 5)
    pool.release(only, 6)
    expect(lease()?.number).toBe(1)
    expect(lease()).toBe(null)
    pool.close()
    expect(made.map(({ closed }) => closed)).toEqual([true, true])
    pool.ended(only, 7)
    expect(made).toHaveLength(2)
  })

  test('finds out by itself that one cannot be used any more', () => {
    const { pool, made, lease } = poolOf(1, 2)
    const only = lease()!
    pool.release(only, 0)
    only.usable = false
    expect(lease()?.number).toBe(1)
    expect(made).toHaveLength(2)
  })

  test('never exceeds what it may, and lets nobody wait beside a free place, whatever happens', () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.constant('lease' as const) },
      { weight: 4, arbitrary: fc.nat(20).map((at) => ({ release: at })) },
      { weight: 1, arbitrary: fc.record({ resize: fc.nat(5), to: fc.integer({ min: 1, max: 4 }) }) },
      { weight: 1, arbitrary: fc.nat(5).map((at) => ({ leave: at })) },
    )
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), fc.array(step, { maxLength: 80 }), (size, steps) => {
        const { pool, made } = poolOf(size, 2)
        const left = new Set<Fake>()
        const held: Fake[] = []
        let waiting = 0
        for (const one of steps) {
          if (one === 'lease') {
            const connection = pool.lease(
              createWaiter<Fake>((granted) => {
                waiting--
                held.push(granted)
              }),
            )
            if (connection) held.push(connection)
            else waiting++
          } else if ('release' in one) {
            const [connection] = held.splice(one.release, 1)
            if (connection) pool.release(connection, 0)
          } else if ('resize' in one) {
            const connection = made[one.resize]
            if (connection) connection.capacity = one.to
            if (connection) pool.resized(connection, 0)
          } else {
            const connection = made[one.leave]
            if (connection) left.add(connection)
            if (connection) pool.leave(connection, 0)
          }
          const members = made.filter((connection) => !left.has(connection))
          expect(members.length).toBeLessThanOrEqual(size)
          expect(held.length).toBe(made.reduce((sum, { load }) => sum + load, 0))
          const room = members.length < size || members.some(({ load, capacity }) => load < capacity)
          expect(waiting > 0 && room).toBe(false)
        }
      }),
    )
  })
})
