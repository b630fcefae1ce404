import type { ArmIdentity } from '../measure/arm.ts'
import type { Plan } from '../plan/plan.ts'
import type { Workload } from '../workload/workload.ts'

/** The name by which load workers know what is asked of the target, in all its builds. */
export const ownWorkload = 'own'
const ofYardstick = 'yardstick'

/** What the arms of a plan ask, by the names that the load workers have for it. */
export function workloadsOf({ profile, gate }: Pick<Plan, 'profile' | 'gate'>): Readonly<Record<string, Workload>> {
  return {
    [ownWorkload]: profile.workload,
    ...(gate?.yardstick && { [ofYardstick]: gate.yardstick.workload }),
  }
}

/** The name of what an arm asks. */
export function workloadOf({ kind }: Pick<ArmIdentity, 'kind'>): string {
  return kind === 'yardstick' ? ofYardstick : ownWorkload
}

/** What an arm of a plan asks. */
export function askedBy(plan: Pick<Plan, 'profile' | 'gate'>, arm: Pick<ArmIdentity, 'kind'>): Workload {
  const workload = workloadsOf(plan)[workloadOf(arm)]
  if (!workload) throw new Error('an arm asks a yardstick that there is none of')
  return workload
}
