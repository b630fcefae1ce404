import { describe, expect, it } from 'vitest'
import { addCounts, addRecords, type Counts, emptyCounts, increment } from '../../../harness/measure/counts.ts'

function some(factor: number, requests: readonly string[]): Counts {
  return {
    iterations: { count: 9 * factor, ok: 6 * factor, failed: 2 * factor, interrupted: factor, dropped: 4 * factor },
    operations: { count: 10 * factor, ok: 7 * factor, failed: 2 * factor, degraded: 3 * factor, cutOff: factor },
    attempts: { count: 12 * factor, failed: 4 * factor, cancelled: factor },
    errors: { reset: 2 * factor },
    failureTypes: { networkError: 2 * factor },
    attemptErrors: { reset: 3 * factor, [`only${factor}`]: 1 },
    wire: { bytesSent: 100 * factor, bytesReceived: 200 * factor, connects: 6 * factor, staleReconnects: factor },
    elsewhere: { second: { count: factor, failed: factor, cancelled: 0, resent: 0, errors: { reset: factor } } },
    requests: Object.fromEntries(
      requests.map((name, index) => [
        name,
        { responses: factor * (index + 1), bytesReceived: factor * 50, ok: 7 * factor, failed: factor },
      ]),
    ),
  }
}

describe('counts', () => {
  it('of nothing are 0, with a row for each request', () => {
    const { requests, operations } = emptyCounts(['a', 'b'])
    const nothing = { responses: 0, bytesReceived: 0, ok: 0, failed: 0 }
    expect(requests).toEqual({ a: nothing, b: nothing })
    expect(operations).toEqual({ count: 0, ok: 0, failed: 0, degraded: 0, cutOff: 0 })
  })

  it('give each request a row of its own', () => {
    const counts = emptyCounts(['a', 'b'])
    counts.requests['a']!.responses++
    expect(counts.requests['b']!.responses).toBe(0)
  })

  it('add up field by field and key by key', () => {
    expect(addCounts(some(1, ['a', 'b']), some(2, ['a', 'b']))).toEqual({
      ...some(3, ['a', 'b']),
      attemptErrors: { reset: 9, only1: 1, only2: 1 },
    })
  })

  it('do not change when nothing is added', () => {
    expect(addCounts(some(1, ['a', 'b']), emptyCounts(['a', 'b']))).toEqual(some(1, ['a', 'b']))
    expect(addCounts(emptyCounts([]), some(1, ['a', 'b']))).toEqual(some(1, ['a', 'b']))
  })

  it('leave what was added as it was', () => {
    const a = some(1, ['a'])
    addCounts(a, some(5, ['a']))
    expect(a).toEqual(some(1, ['a']))
  })
})

describe('records of numbers', () => {
  it('take a missing key as 0', () => {
    expect(addRecords({ a: 1 }, { b: 2 })).toEqual({ a: 1, b: 2 })
  })

  it('count from 1', () => {
    const record: Record<string, number> = {}
    increment(record, 'timeout')
    increment(record, 'timeout')
    increment(record, 'reset')
    expect(record).toEqual({ timeout: 2, reset: 1 })
  })
})
