import type { ResultGuard } from '../archive/result.ts'
import { nsPerMs, nsPerSecond } from '../kernel/units.ts'
import type { Measurements } from '../measure/measurements.ts'
import type { Plan } from '../plan/plan.ts'

/** A run that takes longer than this over its plan is ended by the watchdog. */
const watchdogFactor = 3
const watchdogFloorNs = 60 * nsPerSecond

/** The longest that a run may take: what its profile says, else so many times its plan. */
export function watchdogLimitNs({ profile, lives, stress, expectedNs }: Plan): number {
  if (profile.guards.watchdogNs !== null) return profile.guards.watchdogNs
  // Each slice may wait for what hangs.
  const slices = lives.flatMap((life) => life.slices).length + stress.length
  return watchdogFactor * expectedNs + slices * profile.workload.timeoutNs + watchdogFloorNs
}

/** What might have ended the run early, and how near it came to that. */
export function guardsOf(
  plan: Plan,
  { failureBudget }: Measurements,
  {
    startNs,
    endNs,
    abortedBy,
  }: { readonly startNs: number; readonly endNs: number; readonly abortedBy: string | null },
): ResultGuard[] {
  const settings = plan.profile.guards.failureBudget
  const limitNs = watchdogLimitNs(plan)
  const hung = abortedBy === 'watchdog'
  const watchdog: ResultGuard = {
    kind: 'watchdog',
    settings: { limitMs: limitNs / nsPerMs },
    state: hung ? 'tripped' : 'held',
    worst: (endNs - startNs) / nsPerMs,
    unit: 'ms',
    atMs: hung ? limitNs / nsPerMs : null,
    samples: null,
  }
  if (!settings) return [watchdog]
  const { windowNs, ...budget } = settings
  const breach = failureBudget?.breach ?? null
  const worst = failureBudget?.worst ?? null
  return [
    {
      kind: 'failure-budget',
      settings: { ...budget, windowMs: windowNs / nsPerMs },
      state: breach ? 'tripped' : 'held',
      worst: worst?.rate ?? null,
      unit: 'share',
      atMs: breach && (breach.atNs - startNs) / nsPerMs,
      samples: worst?.samples ?? null,
    },
    watchdog,
  ]
}
