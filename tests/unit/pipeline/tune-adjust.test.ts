import { expect, test } from 'vitest'
import { adjustedSchema } from '../../../harness/archive/tune.ts'
import { judgeArm } from '../../../harness/judge/arm-verdict.ts'
import { checkOf } from '../../../harness/kernel/schema-check.ts'
import { PolicyAdjuster } from '../../../harness/pipeline/tune-adjust.ts'
import { policyArms } from '../../../harness/plan/arms.ts'
import { compilePlan } from '../../../harness/plan/plan.ts'
import { parseProfile } from '../../../harness/profile/parse.ts'
import { createJumpClock } from '../../support/jump-clock.ts'
import { tunedSession } from '../../support/tuned-session.ts'

const document = {
  target: { builtin: 'http' },
  workload: { protocol: 'http', requests: [{ method: 'GET', path: '/' }] },
  policies: {
    slow: {
      fault: { uplink: { latency: { delay: '10ms' } }, latency: { delay: '30ms' } },
      bounds: { latency: ['p(50)<20ms'] },
    },
  },
  stress: { smoke: { steps: [{ at: '300ms', install: 'slow', for: '600ms' }] } },
}

/** A run whose policy stage is over, and what became of the policy that left its bounds. */
async function adjusted(serviceMs: number) {
  const profile = parseProfile(document, { mode: 'smoke', flags: {}, env: {} })
  const plan = compilePlan(profile, { baseline: true, policies: true, stress: true })
  const adjuster = new PolicyAdjuster(plan)
  const clock = createJumpClock()
  const session = tunedSession({ serviceMs }, clock)
  const order = { round: 0, order: 0, model: profile.load.throughput, use: 'both' } as const
  const arms = profile.policies.flatMap((policy) => policyArms(profile.mode, policy))
  for (const arm of arms) await session.slice(arm, order)
  const judgeNow = async () => {
    const { arms: measured } = await session.measurements()
    return [...arms, ...adjuster.arms].flatMap((arm) => {
      const measurement = measured.get(arm.id)
      return measurement ? [judgeArm(arm, measurement, null, profile)] : []
    })
  }
  const { signal } = new AbortController()
  await adjuster.carryOut(session, { clock, signal, onProgress: () => {} }, judgeNow)
  return { adjuster, found: adjuster.read() }
}

test('a policy that left its bounds is made weaker, all its directions alike, until it is measured within them', async () => {
  const { adjuster, found } = await adjusted(2)
  const [one] = found
  const to = one?.to ?? 0
  expect(one).toMatchObject({ policy: 'slow', parameter: 'latency.delay', from: 30, whyNone: null })
  // Both ways together 18 ms are left, of which a margin is kept.
  expect(to).toBeGreaterThan(9)
  expect(to).toBeLessThan(11.1)
  expect(one?.measured).toMatchObject([{ value: to, held: true, bounds: [{ ok: true }] }])
  expect(one?.written).toEqual({
    '/policies/slow/fault/uplink/latency/delay': `${Number((to / 3).toPrecision(6))}ms`,
    '/policies/slow/fault/latency/delay': `${to}ms`,
  })
  expect([...adjuster.replaced]).toEqual(['policy.slow/policy-relay'])
  expect(adjuster.arms.map(({ id }) => id)).toEqual(['adjusted.slow/policy-relay'])
  expect(checkOf(() => adjustedSchema)(found)).toEqual([])
  const [installed] = adjuster.plan.stress[0]?.moments[0]?.installed ?? []
  expect(installed?.layer.rules[0]?.faults.downlink).toMatchObject({ latency: { delayNs: to * 1e6 } })
})

test('a policy that does not hold its bounds at any strength stays as it is, and keeps its bounds', async () => {
  const { adjuster, found } = await adjusted(25)
  expect(found).toMatchObject([{ to: null, measured: [], written: {} }])
  expect(found[0]?.whyNone).toBe('latency: p(50)<20ms did not hold without the fault either: found 25')
  expect(adjuster.replaced.size).toBe(0)
  expect(adjuster.plan.stress[0]?.moments[0]?.installed[0]?.layer.rules[0]?.faults.downlink).toMatchObject({
    latency: { delayNs: 30e6 },
  })
})
