import { describe, expect, test } from 'vitest'
import { parseRule } from '../../../harness/faults/rules.ts'
import { judgeArm } from '../../../harness/judge/arm-verdict.ts'
import { emptyArm } from '../../../harness/measure/measurements.ts'
import type { Arm } from '../../../harness/plan/arms.ts'
import { compilePlan } from '../../../harness/plan/plan.ts'
import { parseProfile } from '../../../harness/profile/parse.ts'

const profile = parseProfile({ name: 'p', target: { builtin: 'http' } }, { mode: 'smoke', flags: {}, env: {} })
const stress = compilePlan(profile, { baseline: false, policies: false, stress: true }).stress[0]?.arm as Arm

/** A stress arm of a thousand attempts of which 30 were reset, as the relay did, and the target served so many. */
function reconciled(served: number, at: string | null = null) {
  const measurement = emptyArm(stress, ['hi'])
  Object.assign(measurement.all.attempts, { count: 1000, failed: 30 })
  measurement.all.attemptErrors['reset'] = 30
  measurement.tallies = { reset: { eligible: 300, fired: 30, bytes: 0 } }
  measurement.rules = { 'cut/reset': { connections: 1, matched: 300, tallies: measurement.tallies } }
  measurement.server = { requests: served, slack: 0 }
  const rules = [parseRule('reset', { fault: { reset: { probability: 0.1 } } })]
  const { status, expected, slack } = judgeArm(stress, measurement, null, profile, [
    { name: 'cut', rules, at, inForceNs: 1e9 },
  ]).reconciliation
  return { status, expected, slack }
}

describe('what steps reset on the way to the target', () => {
  test('is taken off, and leaves no room for what was lost besides (P1)', () => {
    expect(reconciled(970)).toEqual({ status: 'exact', expected: 970, slack: 0 })
    expect(reconciled(969)).toEqual({ status: 'mismatch', expected: 970, slack: 0 })
  })

  test('is none of what happens between the target and a dependency', () => {
    expect(reconciled(1000, 'db')).toEqual({ status: 'exact', expected: 1000, slack: 30 })
  })
})
