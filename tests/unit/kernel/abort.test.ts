import { describe, expect, test } from 'vitest'
import { isAbort } from '../../../harness/kernel/abort.ts'

describe('an abort', () => {
  test('is told from a failure by its reason', () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    expect(isAbort(reason, controller.signal)).toBe(false)
    controller.abort(reason)
    expect(isAbort(reason, controller.signal)).toBe(true)
    expect(isAbort(new Error('other'), controller.signal)).toBe(false)
    expect(isAbort(reason, undefined)).toBe(false)
  })
})
