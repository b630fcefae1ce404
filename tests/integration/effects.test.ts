import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { armOf, type Bench, openBench } from '../support/soakrig.ts'

const latency = { latency: { fault: { latency: { delay: '40ms' } } } }
let bench: Bench

beforeAll(async () => {
  bench = await openBench()
})

afterAll(() => bench[Symbol.asyncDispose]())

describe('a fault proves itself', () => {
  test('40 ms of latency move the median by 39.5 to 43 ms, and the target has seen every request (F20, F41, P17, P21)', async () => {
    const profile = await bench.profile('latency', { policies: latency })
    const { code, result } = await bench.soak(profile)
    const policy = armOf(result, 'policy.latency', 'policy')
    const baseline = armOf(result, 'baseline', 'baseline', 'relay')
    const delta = (policy.latencyMs.p50 ?? 0) - (baseline.latencyMs.p50 ?? 0)
    expect(result.run.reasons).toEqual([])
    expect(code).toBe(0)
    expect(delta).toBeGreaterThanOrEqual(39.5)
    expect(delta).toBeLessThanOrEqual(43)
    expect(policy.fired['latency']?.fired).toBeGreaterThan(0)
    expect(policy.reconciliation.status).toBe('exact')
    expect(policy.effects.length).toBeGreaterThanOrEqual(3)
    // What the harness itself cost is told beside it.
    expect(policy.resources.generators.cpuMs).toBeGreaterThan(0)
    expect(policy.resources.relay.cpuMs).toBeGreaterThan(0)
    expect(result.generators[0]?.rssKb).toBeGreaterThan(0)
  })

  test('a correct fault on a busy target is not void, though it moves the median by less', async () => {
    const profile = await bench.profile('busy', {
      target: { builtin: 'http', knobs: { cpuTime: '5ms' } },
      policies: latency,
    })
    const { code, result } = await bench.soak(profile)
    const delta =
      (armOf(result, 'policy.latency', 'policy').latencyMs.p50 ?? 0) -
      (armOf(result, 'baseline', 'baseline', 'relay').latencyMs.p50 ?? 0)
    expect(result.run.reasons).toEqual([])
    expect(code).toBe(0)
    expect(delta).toBeLessThan(35)
  })

  test('a retry under resets fails as rarely and tries as often as the formula says (P20)', async () => {
    const reset = { fault: { reset: { probability: '20%' } } }
    const profile = await bench.profile('retry', {
      policies: { retry: { client: { retry: { strategy: 'fixed', maxCalls: 3, baseDelay: '2ms' } }, under: reset } },
    })
    const { code, result } = await bench.soak(profile)
    const { attempts, operations, effects, reconciliation } = armOf(result, 'policy.retry', 'policy')
    expect(result.run.reasons).toEqual([])
    expect(code).toBe(0)
    expect(attempts.count).toBeGreaterThan(operations.count)
    expect(effects.map(({ metric, ok }) => [metric, ok])).toEqual([
      ['fired.reset', true],
      ['seen.reset', true],
      ['errorRate', true],
      ['attemptsPerOperation', true],
    ])
    expect(reconciliation.status).toBe('exact')
  })

  test('a timeout of attempts under loss ends as many as the loss model holds up for longer (H1)', async () => {
    const loss = { probability: '20%', tcp: { rtoMin: '80ms' } }
    const timeout = { client: { timeout: { attempt: '60ms' } }, under: { fault: { loss } } }
    const profile = await bench.profile('timeout', { policies: { timeout } })
    const { code, result } = await bench.soak(profile)
    expect(result.run.reasons).toEqual([])
    expect(code).toBe(0)
    const { effects } = armOf(result, 'policy.timeout', 'policy')
    const timeouts = effects.find(({ metric }) => metric === 'timeouts')
    // An answer is one segment, late by 82 ms or more when it is lost; on a busy machine there are fewer of them.
    expect(timeouts).toMatchObject({ ok: true, unit: 'share' })
    expect(timeouts!.lo).toBeGreaterThan(0.02)
    expect(Math.abs((timeouts!.observed ?? 0) - 0.2)).toBeLessThan(0.15)
  })

  test('a rate that could not show is refused with the change that would', async () => {
    const profile = await bench.profile('fast', { policies: { rate: { fault: { rate: '1gbps' } } } })
    const { code, result, stderr } = await bench.soak(profile)
    expect(code).toBe(104)
    expect(result.run.abortedBy).toBe('rate-invisible')
    expect(stderr).toMatch(/\/policies\/rate: .*allowed: at most \d+kbps/u)
  })
})

// Two at a time: nothing of it is measured closely.
describe.concurrent('a fault that does not act', () => {
  test.each(['fault-off', 'stats-skew', 'lost-pid'])('%s behind its back makes the run void', async (sabotage) => {
    const profile = await bench.profile(sabotage, { policies: latency })
    const { code, result } = await bench.soak(profile, '--sabotage', sabotage)
    expect(result.sabotage).toBe(sabotage)
    expect(result.run.verdict).toBe('void')
    expect(code).toBe(114)
    const kinds = { 'fault-off': 'effect-missing', 'stats-skew': 'counts-differ', 'lost-pid': 'memory-unreadable' }
    expect(result.doubts.filter(({ effect }) => effect === 'void').map(({ kind }) => kind)).toContain(
      kinds[sabotage as keyof typeof kinds],
    )
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
    const { code, result } = await bench.soak(profile, '--sabotage', 'fault-off')
    expect(code).toBe(114)
    expect(result.doubts.map(({ kind }) => kind)).toContain('effect-missing')
  })
})
