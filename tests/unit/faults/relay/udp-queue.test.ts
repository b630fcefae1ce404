import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type DatagramRule, DatagramQueue } from '../../../../harness/faults/relay/udp-queue.ts'
import { datagramOf, leaveOrder } from '../../../support/stage-context.ts'

const rule = (on: boolean): DatagramRule => ({ isOn: () => on, datagrams: () => [] })

function waiting(dueNs: readonly number[], by: readonly DatagramRule[] = []) {
  const queue = new DatagramQueue()
  const datagrams = dueNs.map((due, index) => Object.assign(datagramOf(String(index)), { dueNs: due }))
  for (const datagram of datagrams) queue.add(datagram, by)
  return { queue, datagrams }
}

function drained(queue: DatagramQueue): string[] {
  const order: string[] = []
  for (let next = queue.take(); next; next = queue.take()) order.push(next.bytes.toString())
  return order
}

test('datagrams leave as they are due, and of several at once as they came', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 20 })), (dueNs) => {
      const { queue, datagrams } = waiting(dueNs)
      expect(queue.bytes).toBe(datagrams.reduce((sum, { bytes }) => sum + bytes.length, 0))
      expect(queue.first?.dueNs).toBe(dueNs.length === 0 ? undefined : Math.min(...dueNs))
      expect(drained(queue)).toEqual(leaveOrder(datagrams))
      expect([queue.size, queue.bytes]).toEqual([0, 0])
    }),
  )
})

test('a new look at the due times gives each its place again', () => {
  const due = fc.nat({ max: 20 })
  fc.assert(
    fc.property(fc.array(fc.tuple(due, due)), (pairs) => {
      const { queue, datagrams } = waiting(pairs.map(([before]) => before))
      datagrams.forEach((datagram, index) => (datagram.dueNs = pairs[index]![1]))
      queue.sort()
      expect(drained(queue)).toEqual(leaveOrder(datagrams))
    }),
  )
})

test('only what such a rule would let go later is hastened', () => {
  const { queue } = waiting([5, 30, 20], [rule(false)])
  const other = datagramOf('kept')
  queue.add(Object.assign(other, { dueNs: 15 }), [rule(true)])
  queue.hasten(10, (by) => !by.isOn(10))
  expect(drained(queue)).toEqual(['0', '1', '2', 'kept'])
  expect(other.dueNs).toBe(15)
})

test('what was forgotten weighs nothing', () => {
  const { queue } = waiting([3, 1, 2])
  queue.clear()
  expect([queue.size, queue.bytes, queue.first]).toEqual([0, 0, undefined])
})
