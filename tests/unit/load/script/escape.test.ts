import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { SoakrigError } from '../../../../harness/kernel/errors.ts'
import { failure } from '../../../../harness/resilience/outcome.ts'
import { AttemptError, OperationOver } from '../../../../harness/resilience/use/attempt-error.ts'
import { escaped, Interrupted } from '../../../../harness/load/script/escape.ts'

const script = '/somewhere/with space/checkout.ts'

function thrownIn(place: string): Error {
  return Object.assign(new Error('left to itself'), { stack: `Error: left to itself\n    at ${place}:3:9` })
}

describe('an error that nobody caught', () => {
  test('is none where it only tells of the end of the load', () => {
    expect(escaped(new Interrupted('the load has ended'), [script])).toBeNull()
  })

  test("is the script's where it comes from its file", () => {
    const error = thrownIn(pathToFileURL(script).href)
    expect(escaped(error, ['/somewhere/else.ts', script])).toMatchObject({
      code: 'script-failed',
      exit: 'userScript',
      cause: error,
    })
    expect(escaped(error, [])).toBe(error)
  })

  test('is nothing where a policy was told that its operation is over, and its own where it left a failure to itself', () => {
    expect(escaped(new OperationOver(), ['/own.ts'])).toBeNull()
    const error = new AttemptError(failure('reset'))
    expect(escaped(error, ['/own.ts'])).toMatchObject({ code: 'script-failed', cause: error })
  })

  test('is a bug of ours anywhere else, and what we say ourselves stays as it is', () => {
    const bug = thrownIn('file:///somewhere/else.ts')
    expect(escaped(bug, [script])).toBe(bug)
    const own = new SoakrigError(`${script} cannot be loaded`, { code: 'script-not-usable', exit: 'userScript' })
    expect(escaped(own, [script])).toBe(own)
  })
})
