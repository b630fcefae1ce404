import { describe, expect, it } from 'vitest'
import { countableClasses, isFailure, isOfTarget } from '../../../../harness/resilience/breaker/count-as.ts'
import { answerOf, errorClasses, failure, isOwnRefusal, success } from '../../../../harness/resilience/outcome.ts'

describe('what counts as a failure of the target', () => {
  it.each([
    [500, true],
    [503, true],
    [599, true],
    [429, true],
    [404, false],
    [401, false],
    [302, false],
  ])('of an answer that is not as it should be, with status %i: %s', (status, counts) => {
    expect(isFailure(failure('status', status), null)).toBe(counts)
  })

  it('is every other class, and no success', () => {
    for (const error of countableClasses.filter((one) => one !== 'status'))
      expect([error, isFailure(failure(error), null)]).toEqual([error, true])
    expect(isFailure(success, null)).toBe(false)
  })

  it('is only what is listed where there is a list', () => {
    const countAs = { errors: ['timeout' as const], statuses: [418] }
    expect(isFailure(failure('timeout'), countAs)).toBe(true)
    expect(isFailure(failure('status', 418), countAs)).toBe(true)
    expect(isFailure(failure('status', 503), countAs)).toBe(false)
    expect(isFailure(failure('reset'), countAs)).toBe(false)
    expect(isFailure(failure('status', 404), { errors: ['status'], statuses: [] })).toBe(true)
  })

  it('is nothing that the client did by itself', () => {
    for (const error of errorClasses)
      expect([error, isOfTarget(failure(error))]).toEqual([error, !isOwnRefusal(failure(error))])
    expect(isOfTarget(answerOf('cache'))).toBe(false)
    expect(isOfTarget(success)).toBe(true)
    expect(countableClasses).not.toContain('circuit-open')
  })
})
