import { activeFaults } from '../faults/faults.ts'
import type { Rule } from '../faults/rule.ts'
import { canAct } from '../faults/rules.ts'
import { dutyShare } from '../faults/schedule.ts'
import type { Problem } from '../kernel/errors.ts'
import { formatNs } from '../kernel/units.ts'
import type { Mode } from './modes.ts'
import type { Policy } from './policies.ts'
import type { StressStep } from './stress.ts'

/** A stretch of the stress segment in which a policy is in force. */
export interface Stretch {
  readonly policy: string
  readonly fromNs: number
  readonly toNs: number
}

/** Warns of steps under which a rule does nothing: its schedule is off all the time, or the time is too short for it. */
export function stepWarnings(
  steps: readonly StressStep[],
  policies: readonly Policy[],
  { name, durationNs }: Pick<Mode, 'name' | 'durationNs'>,
): Problem[] {
  return stretchesOf(steps, durationNs).flatMap((stretch) => {
    const rules = policies.find((policy) => policy.name === stretch.policy)?.rules ?? []
    return rules.filter(canAct).flatMap((rule) => {
      const why = whyIdle(rule, stretch)
      if (why === null) return []
      const span = `from ${formatNs(stretch.fromNs)} to ${formatNs(stretch.toNs)}`
      return [{ where: `/stress/${name}/steps`, message: `${stretch.policy} is in force ${span}, but ${why}` }]
    })
  })
}

/** When each policy is in force, of steps in the order of their times. */
export function stretchesOf(steps: readonly StressStep[], endNs: number): Stretch[] {
  return steps.flatMap(({ kind, policy, atNs: fromNs, forNs }, index) => {
    if (kind === 'remove') return []
    const removal = steps.slice(index + 1).find((step) => step.kind === 'remove' && step.policy === policy)
    const toNs = forNs === null ? (removal?.atNs ?? endNs) : fromNs + forNs
    return [{ policy, fromNs, toNs }]
  })
}

function whyIdle({ name, schedule, faults }: Rule, { fromNs, toNs }: Stretch): string | null {
  if (dutyShare(schedule, fromNs, toNs) === 0)
    return `the schedule of rule ${name} is off then: it counts from the beginning of the segment`
  const needs = activeFaults(faults)
    .map(({ fault, settings }) => ({ fault, withinNs: fault.actsWithinNs?.(settings) ?? 0 }))
    .find(({ withinNs }) => withinNs > toNs - fromNs)
  return needs ? `${needs.fault.keyword} of rule ${name} needs ${formatNs(needs.withinNs)} to have acted once` : null
}
