import { describe, expect, it } from 'vitest'
import { createWaiter, WaitingLine } from '../../../harness/kernel/waiting-line.ts'

const waiterOf = (told: string[], name: string) => createWaiter<number>((grant) => told.push(`${name}:${grant}`))

describe('a waiting line', () => {
  it('is left in the order in which it was joined (H11)', () => {
    const told: string[] = []
    const line = new WaitingLine<number>()
    for (const name of ['a', 'b', 'c']) line.append(waiterOf(told, name))
    expect(line.length).toBe(3)
    for (let grant = 1; line.length > 0; grant++) line.take()?.granted(grant, 0)
    expect(told).toEqual(['a:1', 'b:2', 'c:3'])
    expect([line.take(), line.first]).toEqual([null, null])
  })

  it('can be left from anywhere, and joined again at its end', () => {
    const told: string[] = []
    const line = new WaitingLine<number>()
    const [a, b, c] = ['a', 'b', 'c'].map((name) => waiterOf(told, name)) as [
      ReturnType<typeof waiterOf>,
      ReturnType<typeof waiterOf>,
      ReturnType<typeof waiterOf>,
    ]
    for (const waiter of [a, b, c]) line.append(waiter)
    line.withdraw(b)
    line.withdraw(b)
    expect([line.length, line.first]).toEqual([2, a])
    line.withdraw(a)
    line.append(b)
    expect([line.take(), line.take(), line.take()]).toEqual([c, b, null])
  })
})
