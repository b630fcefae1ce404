import { describe, expect, test } from 'vitest'
import { acceptedOf } from '../../../harness/judge/accepted.ts'
import { planGate } from '../../../harness/judge/gate.ts'
import { decideGate, gateReasons } from '../../../harness/judge/gate-answer.ts'
import type { RawCost } from '../../../harness/profile/cost.ts'
import { compilePlan } from '../../../harness/plan/plan.ts'
import { parseProfile } from '../../../harness/profile/parse.ts'
import { slicesOf } from '../../support/gate-slices.ts'

/** What the gate of a policy with such a cost comes to where it lets so large a share of the operations through. */
function gateOf(cost: RawCost | undefined, through: number, failing = 0) {
  const profile = parseProfile(
    {
      target: { builtin: 'http' },
      modes: { long: { gate: { rounds: [12], slices: 2, yardstick: false } } },
      policies: { pool: { client: { pool: { max: 4 } }, ...(cost && { cost }) } },
    },
    { flags: {}, env: {} },
  )
  const { gate } = compilePlan(profile, { baseline: false, policies: true, gate: 'comparisons', stress: false })
  if (gate === null) throw new Error('no gate')
  const plan = planGate(gate, profile.policies)
  const slices = slicesOf(gate, 12, ({ policy }, round) =>
    Math.round((policy === null ? 1 : through) * (10_000 + 50 * ((7 * round) % 5))),
  ).map((slice) => (slice.identity.policy === null ? slice : { ...slice, failed: Math.round(slice.ok * failing) }))
  return { plan, answer: decideGate({ plan, calibration: { process: null, build: null } }, slices) }
}

describe('what a policy may cost', () => {
  test('is counted from, in all that is lost with the throughput', () => {
    expect(acceptedOf({ throughput: 0.4, latency: null, errors: 0 })).toEqual({
      throughput: 0.510826,
      p50: 0.510826,
      p95: 0.510826,
      p99: 0.510826,
    })
    expect(acceptedOf({ throughput: 0, latency: 2, errors: 0.05 })).toEqual({
      p50: 1.09861,
      p95: 1.09861,
      p99: 1.09861,
      errors: 0.05,
    })
    expect(acceptedOf({ throughput: 0, latency: null, errors: 0 })).toEqual({})
  })

  test('is nothing where the profile does not say, so that it fails', () => {
    const { plan, answer } = gateOf(undefined, 0.7)
    expect(plan.pairings[0]).not.toHaveProperty('accepted')
    expect(answer.verdict).toBe('fail')
    expect(gateReasons(answer)[0]).toMatch(/^throughput of pool is 30 % worse than of the baseline \(/u)
  })

  test('does not fail, and what is beyond it does, and is told with what is accepted', () => {
    const { plan, answer } = gateOf({ throughput: '35%' }, 0.7)
    expect(plan.pairings[0]?.accepted).toMatchObject({ throughput: 0.430783 })
    expect(answer).toMatchObject({ verdict: 'pass', catastrophes: [] })
    // The target's CPU time is the same for fewer operations.
    const notable = answer.comparisons.filter(({ verdict }) => verdict === 'notable')
    expect(notable.map(({ metric }) => metric)).toEqual(['cpu'])
    const beyond = gateOf({ throughput: '20%' }, 0.7).answer
    expect(beyond.verdict).toBe('fail')
    expect(gateReasons(beyond)[0]).toMatch(/of which 20 % is accepted$/u)
  })

  test('is no catastrophe, but what is twice as bad as that', () => {
    expect(gateOf(undefined, 0.4).answer.catastrophes).toHaveLength(2)
    expect(gateOf({ throughput: '60%' }, 0.4).answer).toMatchObject({ verdict: 'pass', catastrophes: [] })
    expect(gateOf({ throughput: '60%' }, 0.19).answer.catastrophes).toEqual([
      'throughput of pool is 5.26 times worse than of the baseline, of which 2.50 are accepted',
      'p50 of pool is 5.26 times worse than of the baseline, of which 2.50 are accepted',
    ])
  })

  test('may be operations that are refused', () => {
    expect(gateOf(undefined, 1, 0.04).answer.catastrophes).toHaveLength(1)
    expect(gateOf({ errors: '5%' }, 1, 0.04).answer.catastrophes).toEqual([])
    expect(gateOf({ errors: '5%' }, 1, 0.08).answer.catastrophes).toEqual([
      'pool fails in bursts: at least 6 % more than the baseline in 12 of 12 rounds',
    ])
  })
})
