import type { Profile } from '../profile/profile.ts'
import { holdThreshold, type Limit } from './limits.ts'
import { cleanScope, figuresOfGroup, type WindowSummary } from './windows.ts'

/**
 * Limits on stress under steps, from its windows: the profile's thresholds where no fault was in force, and a policy's own
 * bounds where it was the only one. Windows hold the latency of successes only.
 */
export function stressLimits({ groups }: WindowSummary, { policies, thresholds }: Profile): readonly Limit[] {
  return groups.flatMap((group) => {
    const { phase, faults } = group
    const figures = figuresOfGroup(group)
    const [only, ...others] = faults
    if (only === undefined)
      return thresholds.map((threshold) => holdThreshold('threshold', cleanScope(phase), threshold, figures))
    if (others.length > 0) return []
    const bounds = policies.find(({ name }) => name === only)?.bounds ?? []
    return bounds.map((bound) => holdThreshold('bound', `${phase}, windows under ${only}`, bound, figures))
  })
}
