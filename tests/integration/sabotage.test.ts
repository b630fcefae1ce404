import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Bench, openBench } from '../support/soakrig.ts'

const latency = { latency: { fault: { latency: { delay: '40ms' } } } }
let bench: Bench

beforeAll(async () => {
  bench = await openBench()
})

afterAll(() => bench[Symbol.asyncDispose]())

// Several at a time: nothing of it is measured closely.
describe.concurrent('a fault that does not act', () => {
  test.each([
    ['fault-off', 'policies', 'effect-missing'],
    ['stats-skew', 'policies', 'counts-differ'],
    // Memory is what stress is watched for.
    ['lost-pid', 'stress', 'memory-unreadable'],
  ] as const)('%s behind its back makes %s void', async (sabotage, stage, kind) => {
    const profile = await bench.profile(sabotage, { policies: latency })
    const { code, result } = await bench.stage(stage, profile, '--sabotage', sabotage)
    expect(result.sabotage).toBe(sabotage)
    expect(result.run.verdict).toBe('void')
    expect(code).toBe(114)
    expect(result.doubts.filter(({ effect }) => effect === 'void').map((doubt) => doubt.kind)).toContain(kind)
  })

  test('what fires at no share that could be foretold is missed too when it is off, in stress as well (P1)', async () => {
    const fault = {
      limit: { limit: { after: '1mib' } },
      'slow-close': { slowClose: { delay: '5ms' } },
      unreachable: { unreachable: { probability: '10%' } },
      pause: { pause: { every: '200ms', for: '50ms' } },
    }
    const policies = Object.fromEntries(Object.entries(fault).map(([name, one]) => [name, { fault: one }]))
    const stress = { smoke: { steps: [{ at: '100ms', install: 'limit', for: '200ms' }] } }
    const profile = await bench.profile('unforetold', { policies, stress })
    const { code, result } = await bench.soak(profile, '--sabotage', 'fault-off')
    expect(code).toBe(114)
    const missing = result.doubts.filter(({ kind }) => kind === 'effect-missing').map(({ taints: [arm] }) => arm)
    for (const name of Object.keys(fault)) expect(missing.filter((arm) => arm?.includes(`.${name}/`))).not.toEqual([])
    expect(missing).toContain('stress.smoke, steps of limit')
  })

  test('a fault that is off is void on a slow target too, where a single worker hardly has time for one operation', async () => {
    const profile = await bench.profile('slow', {
      target: { builtin: 'http', knobs: { serviceTime: '600ms' } },
      policies: latency,
    })
    const { code, result } = await bench.stage('policies', profile, '--sabotage', 'fault-off')
    expect(code).toBe(114)
    expect(result.doubts.map(({ kind }) => kind)).toContain('effect-missing')
  })
})
