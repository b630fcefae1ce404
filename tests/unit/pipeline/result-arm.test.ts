import { expect, test } from 'vitest'
import { judgeArm } from '../../../harness/judge/arm-verdict.ts'
import { emptyArm } from '../../../harness/measure/measurements.ts'
import { armOf } from '../../../harness/pipeline/result-arm.ts'
import type { Arm } from '../../../harness/plan/arms.ts'
import { compilePlan, type Life } from '../../../harness/plan/plan.ts'
import { parseProfile } from '../../../harness/profile/parse.ts'

test('what a policy of your own said is told without what was secret in it, from the start of the run', () => {
  const profile = {
    ...parseProfile({ name: 'p', target: { builtin: 'http' } }, { mode: 'smoke', flags: {}, env: {} }),
    secrets: [{ written: '${env:TOKEN}', value: 'hunter2hunter2' }],
  }
  const plan = compilePlan(profile, { baseline: true, policies: false, stress: false })
  const [arm] = (plan.lives[0] as Life).arms as [Arm]
  const measurement = emptyArm(arm, ['hi'])
  const event = { atNs: 7e6, policy: 'use', name: null, event: 'failed', from: null }
  const reasons = ['no tenant for hunter2hunter2', null]
  measurement.policyEvents = { kept: reasons.map((reason) => ({ ...event, reason })), dropped: 1 }
  const { policyEvents } = armOf(judgeArm(arm, measurement, null, profile), profile, {
    startNs: 2e6,
    overheads: new Map(),
  })
  const { atNs: _, ...told } = event
  expect(policyEvents).toEqual({
    kept: [
      { ...told, atMs: 5, reason: 'no tenant for ${env:TOKEN}' },
      { ...told, atMs: 5, reason: null },
    ],
    dropped: 1,
  })
})
