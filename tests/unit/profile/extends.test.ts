import { describe, expect, test } from 'vitest'
import { extended } from '../../../harness/profile/extends.ts'

describe('a profile over its base', () => {
  test('merges objects at every depth, replaces lists, and leaves its base alone', () => {
    const base = { policies: { a: { fault: { latency: { delay: '1ms', jitter: '1ms' } } } }, list: [1, 2, 3] }
    const merged = extended(base, { policies: { a: { fault: { latency: { delay: '2ms' } } }, b: {} }, list: [4] })
    expect(merged).toEqual({
      policies: { a: { fault: { latency: { delay: '2ms', jitter: '1ms' } } }, b: {} },
      list: [4],
    })
    expect(base.policies.a.fault.latency.delay).toBe('1ms')
  })

  test('keeps an explicit null and an explicit 0', () => {
    expect(extended({ ceilings: { errorRate: 0.02 } }, { ceilings: { errorRate: null } })).toEqual({
      ceilings: { errorRate: null },
    })
  })

  test('does not take the name of its base', () => {
    expect(extended({ name: 'base', $schema: 'x', seed: 1 }, {})).toEqual({ seed: 1 })
  })

  test('takes the target of its base only where it is of the same kind', () => {
    const base = { target: { builtin: 'http', knobs: { leak: '1kb' } } }
    expect(extended(base, { target: { knobs: { dieAfter: 1 } } })).toEqual({
      target: { builtin: 'http', knobs: { leak: '1kb', dieAfter: 1 } },
    })
    expect(extended(base, { target: { url: 'http://127.0.0.1:1' } })).toEqual({ target: { url: 'http://127.0.0.1:1' } })
  })
})
