import { describe, expect, test } from 'vitest'
import { isAbort, withScope } from '../../../harness/kernel/abort.ts'

describe('a scope', () => {
  test('aborts its signal when the work has ended, well or badly', async () => {
    const signals: AbortSignal[] = []
    const result = await withScope(undefined, (signal) => {
      signals.push(signal)
      expect(signal.aborted).toBe(false)
      return Promise.resolve('done')
    })
    const failing = withScope(undefined, (signal) => {
      signals.push(signal)
      return Promise.reject(new Error('broken'))
    })
    await expect(failing).rejects.toThrow('broken')
    expect(result).toBe('done')
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true])
  })

  test('aborts with its parent, for the same reason', async () => {
    const parent = new AbortController()
    const reason = new Error('enough')
    await withScope(parent.signal, (signal) => {
      parent.abort(reason)
      expect([isAbort(signal.reason, signal), isAbort(reason, signal)]).toEqual([true, true])
      expect(isAbort(new Error('other'), signal)).toBe(false)
      return Promise.resolve()
    })
    expect(isAbort(reason, undefined)).toBe(false)
  })
})
