import type { Profile, Threshold } from '../profile/profile.ts'
import { holdThreshold, type Limit, nothing } from './limits.ts'
import type { SteppedPhase } from './stepped.ts'
import { isResource } from '../profile/threshold-metrics.ts'
import type { Comparables } from './thresholds/against.ts'
import { underScope } from './thresholds/followed.ts'
import type { LimitedProfile } from './thresholds/watch.ts'
import { cleanScope, figuresOfGroup, type WindowSummary } from './windows.ts'

/**
 * Limits on stress under steps, from its windows: the profile's thresholds where no fault was in force, and a policy's own
 * bounds where it was the only one. Windows hold the latency of successes only.
 */
export function stressLimits(
  { groups }: WindowSummary,
  { policies, thresholds }: LimitedProfile,
  comparables: Pick<Comparables, 'ofWindows'> = { ofWindows: () => nothing },
): readonly Limit[] {
  const ofWhole = ({ metric, windowNs }: Threshold): boolean => windowNs === null && !isResource(metric)
  return groups.flatMap((group) => {
    const { phase, faults } = group
    const against = comparables.ofWindows(phase, faults)
    const figures = figuresOfGroup(group)
    const [only, ...others] = faults
    if (only === undefined)
      return thresholds
        .filter(ofWhole)
        .map((threshold) => holdThreshold('threshold', cleanScope(phase), threshold, figures, against))
    const policy = others.length > 0 ? undefined : policies.find(({ name }) => name === only)
    const bounds = policy && hasOwnBounds(policy) ? policy.bounds : []
    return bounds
      .filter(ofWhole)
      .map((bound) => holdThreshold('bound', underScope(phase, only), bound, figures, against))
  })
}

/** Steps put faults in force, and no client policies: what both together are to hold cannot be asked of stress. */
function hasOwnBounds({ kind, bounds }: LimitedProfile['policies'][number]): boolean {
  return kind === 'fault' && bounds.length > 0
}

/** What limits on stress under steps could not be held against, as there was no window of the kind. */
export function unjudgedStress(
  { groups }: WindowSummary,
  { policies, ceilings, thresholds }: Profile,
  stepped: readonly SteppedPhase[],
): readonly { readonly what: string; readonly why: string }[] {
  return stepped.flatMap(({ phase, policies: installed }) => {
    const own = groups.filter((group) => group.phase === phase)
    const isClean = own.some(({ faults, ok, failed }) => faults.length === 0 && ok + failed > 0)
    const wanted = ceilings.errorRate !== null || thresholds.length > 0
    const clean = { what: cleanScope(phase), why: 'none was without a fault, and without what one leaves behind' }
    const bounded = installed.flatMap(({ name }) =>
      policies.filter((one) => one.name === name && one.bounds.length > 0),
    )
    return [
      ...(isClean || !wanted ? [] : [clean]),
      ...bounded.flatMap((policy) => {
        const what = `bounds of ${policy.name} in ${phase}`
        if (!hasOwnBounds(policy))
          return [{ what, why: 'they are for its client policy, and steps bring its fault only' }]
        const isAlone = own.some(({ faults, ok, failed }) => faults.join() === policy.name && ok + failed > 0)
        return isAlone ? [] : [{ what, why: 'no window was under it, and under it alone, from beginning to end' }]
      }),
    ]
  })
}
