import { describe, expect, it } from 'vitest'
import { createRng } from '../../../../harness/kernel/rng.ts'
import { AdaptiveThrottle } from '../../../../harness/resilience/limiter/adaptive-throttle.ts'
import { failure, type Outcome, success } from '../../../../harness/resilience/outcome.ts'
import { createOperation, ms } from '../../../support/fake-attempts.ts'

const options = { k: 2, windowNs: 120e9 }

function throttled(ends: readonly (readonly [number, Outcome])[]): AdaptiveThrottle {
  const throttle = new AdaptiveThrottle(options)
  for (const [times, outcome] of ends) for (let time = 0; time < times; time++) throttle.ended(outcome, 0)
  return throttle
}

describe('a throttle by chance', () => {
  it.each([
    [[[100, success]], 0],
    [
      [
        [50, success],
        [50, failure('timeout')],
      ],
      0,
    ],
    [
      [
        [10, success],
        [90, failure('status', 503)],
      ],
      80 / 101,
    ],
    [[[99, failure('refused')]], 0.99],
    // These were taken on, whatever came of them.
    [[[100, failure('status', 500)]], 0],
    [[[100, failure('body')]], 0],
    // These say nothing of the target.
    [[[100, failure('pool-timeout')]], 0],
    [[[100, failure('aborted')]], 0],
  ] as const)('refuses with max(0, (requests - K·accepts) / (requests + 1))', (ends, refusal) => {
    expect(throttled(ends).refusal(0)).toBeCloseTo(refusal, 12)
  })

  it('counts what it refuses as a request, and forgets after its window', () => {
    const throttle = throttled([[3, failure('timeout')]])
    const rng = createRng(1)
    while (throttle.admits(rng, 0));
    expect(throttle.refusal(0)).toBeCloseTo(4 / 5, 12)
    expect(throttle.refusal(120e9)).toBe(0)
  })

  it('leaves a target that answers nothing almost in peace, and finds out when it is back', async () => {
    let broken = true
    const client = { rateLimit: { algorithm: 'adaptiveThrottle', window: '10s' } }
    const {
      begin,
      record,
      clock,
      client: opened,
    } = createOperation(client, () => ({
      afterNs: ms,
      outcome: broken ? failure('status', 503) : success,
    }))
    const calls = async (count: number) => {
      const before = record.attemptsMs.length
      for (let call = 0; call < count; call++) {
        begin()
        await clock.advance(10 * ms)
      }
      return record.attemptsMs.length - before
    }
    // One in n passes of the n-th: about the logarithm.
    expect(await calls(900)).toBeLessThan(20)
    broken = false
    await clock.advance(10_000 * ms)
    expect(await calls(200)).toBe(200)
    const { rateLimitAccepted = 0, rateLimitRejected = 0 } = opened.counters()
    expect(rateLimitAccepted).toBe(record.attemptsMs.length)
    expect(rateLimitAccepted + rateLimitRejected).toBe(1100)
    expect(record.ends.filter(({ outcome }) => outcome.error === 'rate-limited')).toHaveLength(rateLimitRejected)
  })

  it('takes a caller who has waited until the deadline for a request that was not taken on', async () => {
    const client = [{ timeout: { operation: '10ms' } }, { rateLimit: { algorithm: 'adaptiveThrottle' } }]
    const { begin, record, clock } = createOperation(client, () => ({ afterNs: 0 }))
    for (let call = 0; call < 100; call++) {
      begin()
      await clock.advance(20 * ms)
    }
    expect(record.attemptsMs.length).toBeLessThan(20)
  })
})
