import { describe, expect, test } from 'vitest'
import { isSoakrigError, messageOf, SoakrigError, systemCode } from '../../../harness/kernel/errors.ts'

describe('a failure', () => {
  test('has a code to match on, an exit code, a hint, problems and its cause', () => {
    const cause = new Error('below')
    const problems = [{ where: '/a', message: 'wrong' }]
    const error = new SoakrigError('cannot go on', {
      code: 'bad-profile',
      exit: 'usage',
      hint: 'mend it',
      problems,
      cause,
    })
    expect(error).toMatchObject({ code: 'bad-profile', exitCode: 104, hint: 'mend it', problems, cause })
    expect(isSoakrigError(error)).toBe(true)
  })

  test('of others is none of ours, and still has a text', () => {
    expect(isSoakrigError(new Error('x'))).toBe(false)
    expect([messageOf(new Error('x')), messageOf('y'), messageOf(3)]).toEqual(['x', 'y', '3'])
  })

  test('of the system has its code', () => {
    expect(systemCode(Object.assign(new Error('x'), { code: 'ECONNREFUSED' }))).toBe('ECONNREFUSED')
    expect([systemCode(Object.assign(new Error('x'), { code: 5 })), systemCode('x')]).toEqual([undefined, undefined])
  })
})
