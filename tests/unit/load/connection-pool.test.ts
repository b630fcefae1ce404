import { describe, expect, test } from 'vitest'
import { ConnectionPool } from '../../../harness/load/connection-pool.ts'
import { poolWaiter } from '../../../harness/load/waiting-line.ts'

function poolOf(size: number) {
  const made: { readonly number: number; closed: boolean; close(): void }[] = []
  const pool = new ConnectionPool(size, () => {
    const connection = {
      number: made.length,
      closed: false,
      close: () => {
        connection.closed = true
      },
    }
    made.push(connection)
    return connection
  })
  const granted: string[] = []
  const waiter = (name: string) =>
    poolWaiter<(typeof made)[number]>(({ number }, nowNs) => granted.push(`${name}:${number}@${nowNs}`))
  return { pool, made, granted, waiter }
}

describe('a pool of connections', () => {
  test('makes them when they are needed, and the one used last goes out first', () => {
    const { pool, made, waiter } = poolOf(5)
    const [a, b, c] = [pool.lease(waiter('a')), pool.lease(waiter('b')), pool.lease(waiter('c'))] as const
    expect(made.length).toBe(3)
    for (const one of [a, c, b]) if (one) pool.release(one, 0)
    expect(pool.lease(waiter('d'))).toBe(b)
    expect(pool.lease(waiter('e'))).toBe(c)
    expect(pool.lease(waiter('f'))).toBe(a)
    expect(made.length).toBe(3)
  })

  test('serves those who wait in their order, those who have withdrawn left out', () => {
    const { pool, granted, waiter } = poolOf(1)
    const only = pool.lease(waiter('first'))
    const waiters = ['a', 'b', 'c', 'd'].map((name) => waiter(name))
    for (const each of waiters) expect(pool.lease(each)).toBe(null)
    pool.withdraw(waiters[1]!)
    pool.withdraw(waiters[1]!)
    if (only) for (let nowNs = 1; nowNs <= 4; nowNs++) pool.release(only, nowNs)
    expect(granted).toEqual(['a:0@1', 'c:0@2', 'd:0@3'])
    expect(pool.lease(waiter('e'))).toBe(only)
  })

  test('lets somebody wait again', () => {
    const { pool, granted, waiter } = poolOf(1)
    const only = pool.lease(waiter('first'))
    const again = waiter('again')
    for (let nowNs = 1; nowNs <= 3; nowNs++) {
      pool.lease(again)
      if (only) pool.release(only, nowNs)
    }
    expect(granted).toEqual(['again:0@1', 'again:0@2', 'again:0@3'])
  })

  test('of nothing lets everybody wait', () => {
    const { pool, waiter } = poolOf(0)
    expect(pool.lease(waiter('a'))).toBe(null)
  })

  test('closes all of them', () => {
    const { pool, made, waiter } = poolOf(3)
    const first = pool.lease(waiter('a'))
    pool.lease(waiter('b'))
    if (first) pool.release(first, 0)
    pool.close()
    expect(made.map(({ closed }) => closed)).toEqual([true, true])
  })
})
