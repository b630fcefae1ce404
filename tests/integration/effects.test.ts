import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Result } from '../../harness/archive/result.ts'
import { armOf, type Bench, openBench } from '../support/soakrig.ts'

const latency = { latency: { fault: { latency: { delay: '40ms' } } } }
let bench: Bench

beforeAll(async () => {
  bench = await openBench()
})

afterAll(() => bench[Symbol.asyncDispose]())

/** By how many ms the latency of 40 ms moves the median of what passes the relay. */
function medianDelta(result: Result): number {
  const policy = armOf(result, 'policy.latency', 'policy')
  const baseline = armOf(result, 'baseline', 'baseline', 'relay')
  return (policy.latencyMs.p50 ?? 0) - (baseline.latencyMs.p50 ?? 0)
}

describe('a fault proves itself', () => {
  describe('in a run of several', () => {
    const reset = { fault: { reset: { probability: '20%' } } }
    const loss = { fault: { loss: { probability: '20%', tcp: { rtoMin: '80ms' } } } }
    const policies = {
      ...latency,
      retry: { client: { retry: { strategy: 'fixed', maxCalls: 3, baseDelay: '2ms' } }, under: reset },
      timeout: { client: { timeout: { attempt: '60ms' } }, under: loss },
    }
    let code: number | undefined
    let result: Result
    beforeAll(async () => {
      ;({ code, result } = await bench.stage('policies', await bench.profile('several', { policies })))
    })

    test('nothing speaks against any of them', () => {
      expect(result.run.reasons).toEqual([])
      expect(code).toBe(0)
    })

    test('40 ms of latency move the median by 39.5 to 43 ms, and the target has seen every request (F20, F41, P17, P21)', () => {
      const policy = armOf(result, 'policy.latency', 'policy')
      const delta = medianDelta(result)
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

    test('a retry under resets fails as rarely and tries as often as the formula says (P20)', () => {
      const { attempts, operations, effects, reconciliation } = armOf(result, 'policy.retry', 'policy')
      expect(attempts.count).toBeGreaterThan(operations.count)
      expect(effects.map(({ metric, ok }) => [metric, ok])).toEqual([
        ['fired.reset', true],
        ['seen.reset', true],
        ['errorRate', true],
        ['attemptsPerOperation', true],
      ])
      expect(reconciliation.status).toBe('exact')
    })

    test('a timeout of attempts under loss ends as many as the loss model holds up for longer (H1)', () => {
      const { effects } = armOf(result, 'policy.timeout', 'policy')
      const timeouts = effects.find(({ metric }) => metric === 'timeouts')
      // An answer is one segment, late by 82 ms or more when it is lost; on a busy machine there are fewer of them.
      expect(timeouts).toMatchObject({ ok: true, unit: 'share' })
      expect(timeouts!.lo).toBeGreaterThan(0.02)
      expect(Math.abs((timeouts!.observed ?? 0) - 0.2)).toBeLessThan(0.15)
    })
  })

  test('a correct fault on a busy target is not void, though it moves the median by less', async () => {
    const profile = await bench.profile('busy', {
      target: { builtin: 'http', knobs: { cpuTime: '5ms' } },
      policies: latency,
    })
    const { code, result } = await bench.stage('policies', profile)
    expect(result.run.reasons).toEqual([])
    expect(code).toBe(0)
    expect(medianDelta(result)).toBeLessThan(35)
  })

  test('a rate that could not show is refused with the change that would', async () => {
    const profile = await bench.profile('fast', { policies: { rate: { fault: { rate: '1gbps' } } } })
    const { code, result, stderr } = await bench.soak(profile)
    expect(code).toBe(104)
    expect(result.run.abortedBy).toBe('rate-invisible')
    expect(stderr).toMatch(/\/policies\/rate: .*allowed: at most \d+kbps/u)
  })
})
