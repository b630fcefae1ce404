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

  test('leaves the targets of its base in their order, the tested one first, also where it is of another kind', () => {
    const base = { targets: { primary: { builtin: 'http', knobs: { leak: '1kb' } }, replica: { builtin: 'http' } } }
    const own = { primary: { url: 'http://127.0.0.1:1' } }
    const { targets } = extended(base, { targets: own })
    expect(Object.entries(targets as object)).toEqual([
      ['primary', own.primary],
      ['replica', base.targets.replica],
    ])
  })

  test('takes of the workload of its base what means something to its own requests and protocol', () => {
    const workloadOf = (base: object, own: object) => extended({ workload: base }, { workload: own })['workload']
    const base = { timeout: '1s', cookies: true, variables: { a: 'b' }, requests: [{ path: '/' }] }
    expect(workloadOf(base, { timeout: '2s' })).toEqual({ ...base, timeout: '2s' })
    expect(workloadOf(base, { script: 'a.ts' })).toEqual({
      timeout: '1s',
      cookies: true,
      variables: { a: 'b' },
      script: 'a.ts',
    })
    expect(workloadOf(base, { protocol: 'tcp', requests: [{ send: 'x' }] })).toEqual({
      timeout: '1s',
      variables: { a: 'b' },
      protocol: 'tcp',
      requests: [{ send: 'x' }],
    })
    expect(workloadOf(base, { protocol: 'http' })).toEqual({ ...base, protocol: 'http' })
    expect(extended({ workload: base }, {})).toEqual({ workload: base })
  })

  test('takes the load of its base only where it is of the same model, and its processes in any case', () => {
    const loadOf = (base: object, own: object) => extended({ load: base }, { load: own })['load']
    const closed = { workers: 3, think: '1s', processes: 2 }
    expect(loadOf(closed, { workers: 4 })).toEqual({ workers: 4, think: '1s', processes: 2 })
    expect(loadOf(closed, { model: 'closed' })).toEqual({ ...closed, model: 'closed' })
    expect(loadOf(closed, { processes: 3 })).toEqual({ ...closed, processes: 3 })
    expect(loadOf(closed, { model: 'open', rate: 5 })).toEqual({ model: 'open', rate: 5, processes: 2 })
    expect(loadOf({ model: 'open', rate: 5 }, { model: 'closed', workers: 3 })).toEqual({ model: 'closed', workers: 3 })
    const split = { throughput: closed, latency: { model: 'open', rate: 5, arrival: 'poisson' }, processes: 2 }
    expect(loadOf(split, { model: 'closed' })).toEqual({ model: 'closed', processes: 2 })
    expect(loadOf(closed, { throughput: { workers: 4 } })).toEqual({ throughput: { workers: 4 }, processes: 2 })
    expect(loadOf(split, { latency: { rate: 6 } })).toEqual({ ...split, latency: { ...split.latency, rate: 6 } })
    expect(loadOf(split, { latency: { model: 'closed' } })).toEqual({ ...split, latency: { model: 'closed' } })
    expect(extended({ load: closed }, {})).toEqual({ load: closed })
  })
})
