import { expect, test } from 'vitest'
import { deadlineOf, parseCapacity, refusalsOf } from '../../../../harness/target/builtin/capacity.ts'

test('a capacity is so many servers with the service time that makes its rate', () => {
  expect(parseCapacity({ perSecond: 300 })).toEqual({
    servers: 1,
    serviceNs: 1e9 / 300,
    distribution: 'fixed',
    order: 'fifo',
    maxQueue: null,
    expire: false,
    fullStatus: 503,
    retryAfterS: null,
  })
  expect(parseCapacity({ perSecond: 200, servers: 4 }).serviceNs).toBe(20e6)
})

test('a queue is limited by places, by time of work, or by the lower of both', () => {
  expect(parseCapacity({ perSecond: 300, maxQueueTime: '500ms' }).maxQueue).toBe(150)
  expect(parseCapacity({ perSecond: 300, maxQueueTime: '500ms', maxQueue: 100 }).maxQueue).toBe(100)
  expect(parseCapacity({ perSecond: 300, maxQueue: 0 }).maxQueue).toBe(0)
  // What is exact in the profile is exact here: 0.29 s times 100 is not 29 in floating point.
  expect(parseCapacity({ perSecond: 100, maxQueueTime: '290ms' }).maxQueue).toBe(29)
})

test('who is turned away is told when to come again, in whole seconds', () => {
  const { rejected, expired } = refusalsOf(parseCapacity({ perSecond: 1, fullStatus: 429, retryAfter: '1500ms' }))
  expect(rejected).toMatchObject({ status: 429, headers: { 'retry-after': '2' } })
  expect(expired.status).toBe(504)
  expect(refusalsOf(parseCapacity({ perSecond: 1 })).rejected).toMatchObject({ status: 503, headers: {} })
})

test('a deadline is so many milliseconds from now, and none where the field is not a number', () => {
  expect(deadlineOf('1000', 5)).toBe(1e9 + 5)
  for (const field of [undefined, '', '-1', '1.5', 'soon', ['1', '2']])
    expect(deadlineOf(field, 5)).toBe(Number.POSITIVE_INFINITY)
})
