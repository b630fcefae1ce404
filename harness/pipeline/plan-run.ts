import { compilePlan, type Plan, type Stages } from '../plan/plan.ts'
import type { Profile } from '../profile/profile.ts'
import { gatePlanOf } from './gate.ts'

/**
 * Plans a run of a profile that can be carried out, whether it then is or is only shown. Throws `gate-cannot-fail` (104) where
 * its gate could not fail with the rounds that are planned.
 */
export function planRun(profile: Profile, stages: Stages): Plan {
  const plan = compilePlan(profile, stages)
  gatePlanOf(plan)
  return plan
}
