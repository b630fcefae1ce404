import { describe, expect, it } from 'vitest'
import { failureTypeOf, failureTypes } from '../../../harness/resilience/failure-type.ts'
import { type ErrorClass, errorClasses, failure } from '../../../harness/resilience/outcome.ts'

describe('the type of a failure', () => {
  it.each<[ErrorClass, number, string]>([
    ['refused', 0, 'networkError'],
    ['lost', 0, 'networkError'],
    ['timeout', 0, 'timeout'],
    ['status', 401, 'authenticationError'],
    ['status', 403, 'authenticationError'],
    ['status', 429, 'rateLimited'],
    ['rate-limited', 0, 'rateLimited'],
    ['status', 503, 'serviceUnavailable'],
    ['status', 504, 'timeout'],
    ['status', 500, 'unknown'],
    ['status', 4, 'timeout'],
    ['status', 7, 'authenticationError'],
    ['status', 8, 'rateLimited'],
    ['status', 14, 'serviceUnavailable'],
    ['status', 16, 'authenticationError'],
    ['status', 13, 'unknown'],
    ['circuit-open', 0, 'circuitOpen'],
    ['bulkhead-rejected', 0, 'bulkheadRejected'],
    ['pool-timeout', 0, 'poolTimeout'],
    ['budget-exhausted', 503, 'budgetExhausted'],
    ['check', 0, 'assertion'],
  ])('of class %s with status %i is %s (S8)', (error, status, type) => {
    expect(failureTypeOf(failure(error, status))).toBe(type)
  })

  it('is known for every class, and each type is that of some failure', () => {
    const all = [
      ...errorClasses.map((error) => failureTypeOf(failure(error))),
      ...[401, 503].map((status) => failureTypeOf(failure('status', status))),
    ]
    expect(new Set(all)).toEqual(new Set(failureTypes))
  })
})
