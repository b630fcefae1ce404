import { describe, expect, it } from 'vitest'
import { addCounts, addRecords, type Counts, emptyCounts, increment } from '../../../harness/measure/counts.ts'

function some(factor: number, requests: number): Counts {
  return {
    operations: { count: 10 * factor, ok: 7 * factor, failed: 2 * factor, degraded: 3 * factor, cutOff: factor },
    attempts: { count: 12 * factor, failed: 4 * factor, cancelled: factor },
    errors: { reset: 2 * factor },
    attemptErrors: { reset: 3 * factor, [`only${factor}`]: 1 },
    wire: { bytesSent: 100 * factor, bytesReceived: 200 * factor, connects: 6 * factor, staleReconnects: factor },
    requests: Array.from({ length: requests }, (_, index) => ({
      responses: factor * (index + 1),
      bytesReceived: factor * 50,
    })),
  }
}

describe('counts', () => {
  it('of nothing are 0, with a row for each request', () => {
    const { requests, operations } = emptyCounts(2)
    expect(requests).toEqual([
      { responses: 0, bytesReceived: 0 },
      { responses: 0, bytesReceived: 0 },
    ])
    expect(operations).toEqual({ count: 0, ok: 0, failed: 0, degraded: 0, cutOff: 0 })
  })

  it('give each request a row of its own', () => {
    const counts = emptyCounts(2)
    counts.requests[0]!.responses++
    expect(counts.requests[1]!.responses).toBe(0)
  })

  it('add up field by field and key by key', () => {
    expect(addCounts(some(1, 2), some(2, 2))).toEqual({
      ...some(3, 2),
      attemptErrors: { reset: 9, only1: 1, only2: 1 },
    })
  })

  it('do not change when nothing is added', () => {
    expect(addCounts(some(1, 2), emptyCounts(2))).toEqual(some(1, 2))
    expect(addCounts(emptyCounts(0), some(1, 2))).toEqual(some(1, 2))
  })

  it('leave what was added as it was', () => {
    const a = some(1, 1)
    addCounts(a, some(5, 1))
    expect(a).toEqual(some(1, 1))
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
