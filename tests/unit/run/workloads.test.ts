import { expect, test } from 'vitest'
import { compilePlan } from '../../../harness/plan/plan.ts'
import { parseProfile } from '../../../harness/profile/parse.ts'
import { askedBy, workloadOf, workloadsOf } from '../../../harness/run/workloads.ts'

const profile = parseProfile(
  { target: { builtin: 'tcp' }, workload: { protocol: 'tcp', requests: [{ send: 'hi' }] } },
  { flags: {}, env: {} },
)
const stages = { policies: true, gate: 'comparisons', stress: true } as const

test('the yardstick is asked something of its own, and every other arm what the profile says', () => {
  const plan = compilePlan(profile, { ...stages, baseline: true })
  const arms = [...plan.lives.flatMap((life) => life.arms), ...plan.stress.map(({ arm }) => arm)]
  for (const arm of arms) {
    const protocol = arm.kind === 'yardstick' ? 'http' : 'tcp'
    expect([arm.id, askedBy(plan, arm).protocol]).toEqual([arm.id, protocol])
    expect(workloadsOf(plan)[workloadOf(arm)]).toBe(askedBy(plan, arm))
  }
  expect(arms.some(({ kind }) => kind === 'yardstick')).toBe(true)
})

test('workers open no workload that no arm asks', () => {
  const plan = compilePlan(profile, { ...stages, baseline: false })
  expect(Object.values(workloadsOf(plan))).toEqual([profile.workload])
  expect(() => askedBy(plan, { kind: 'yardstick' })).toThrow('a yardstick that there is none of')
})
