import type { Policy, Threshold } from '../../profile/profile.ts'
import { isResource, type ResourceMetric } from '../../profile/threshold-metrics.ts'
import { holdFigure, isBroken, type Limit, nothing } from '../limits.ts'
import type { JudgedWindow } from '../windows.ts'
import type { Comparables } from './against.ts'
import { FollowedThreshold, type WindowedFinding } from './followed.ts'
import { ResourceFollower } from './resources.ts'
import { stressStage, unitOf } from './units.ts'

/** What the windows of a run say of its thresholds. */
export interface ThresholdFindings {
  readonly windowed: readonly WindowedFinding[]
  /** What ended the run, where that is of no window of a length. */
  readonly breach: Limit | null
  /** What the target used; of the metrics that have thresholds. */
  readonly resources: ReadonlyMap<ResourceMetric, Pick<ResourceFollower, 'read' | 'slope'>>
}

/** Where no windows were followed. */
export const noFindings: ThresholdFindings = { windowed: [], breach: null, resources: new Map() }

/** What of a profile is held against windows. */
export interface LimitedProfile {
  readonly thresholds: readonly Threshold[]
  readonly policies: readonly Pick<Policy, 'name' | 'kind' | 'bounds'>[]
}

/** Follows windows as they close. */
export interface ThresholdWatch {
  add(window: JudgedWindow): void
  /** Relative thresholds that may end the run are held against these from now on. */
  holdTo(comparables: Comparables): void
  read(): ThresholdFindings
}

/**
 * Starts to follow the windows of stress, or of ad hoc load, for the thresholds and bounds that are about windows or may end
 * the run. `onBreach` is called once, with the one that does.
 */
export function watchThresholds({ thresholds, policies }: LimitedProfile, onBreach: () => void): ThresholdWatch {
  const follow = (threshold: Threshold, policy: string | null): FollowedThreshold[] =>
    isResource(threshold.metric) || (threshold.windowNs === null && threshold.abortAfterNs === null)
      ? []
      : [new FollowedThreshold(threshold, policy)]
  const followed = [
    ...thresholds.flatMap((threshold) => follow(threshold, null)),
    ...policies.flatMap(({ name, kind, bounds }) =>
      // Steps bring a policy's fault only: what it does with its client cannot be asked of windows.
      kind === 'fault' ? bounds.flatMap((bound) => follow(bound, name)) : [],
    ),
  ]
  const used = thresholds.map(({ metric }) => metric).filter(isResource)
  const resources = new Map(used.map((metric) => [metric, new ResourceFollower(metric)]))
  const ending = thresholds.filter(({ metric, abortAfterNs }) => isResource(metric) && abortAfterNs !== null)
  let comparables: Comparables = { ofArm: () => nothing, ofWindows: () => nothing }
  let phase: { readonly name: string; readonly fromNs: number } | null = null
  let breach: Limit | null = null
  let isBreached = false

  const breachOf = (window: JudgedWindow, elapsedNs: number): { readonly told: Limit | null } | null => {
    const due = (threshold: Threshold): boolean => elapsedNs >= (threshold.abortAfterNs ?? Number.POSITIVE_INFINITY)
    const against = comparables.ofWindows(window.identity.phase, window.faults)
    for (const one of followed) {
      const broken = due(one.threshold) ? one.breach(window, against) : null
      // That of a window of a length is among the findings anyway.
      if (broken) return { told: one.threshold.windowNs === null ? broken : null }
    }
    const isUsedUp = ending.filter(due).some((threshold) => isBroken(heldUse(threshold, resources)))
    return isUsedUp ? { told: null } : null
  }

  return {
    add(window) {
      const { identity, fromNs, toNs } = window
      if (identity.phaseKind !== 'stress' && identity.phaseKind !== 'load') return
      if (phase?.name !== identity.phase) phase = { name: identity.phase, fromNs }
      for (const one of followed) one.add(window)
      for (const follower of resources.values()) follower.add(window)
      const found = isBreached ? null : breachOf(window, toNs - phase.fromNs)
      if (!found) return
      isBreached = true
      breach = found.told
      onBreach()
    },
    holdTo(known) {
      comparables = known
    },
    read: () => ({ windowed: followed.flatMap((one) => one.findings()), breach, resources }),
  }
}

/** A threshold of what the target uses, but for its slope, held against the windows so far. */
export function heldUse(threshold: Threshold, resources: ThresholdFindings['resources']): Limit {
  const { metric, aggregate } = threshold
  const follower = isResource(metric) ? resources.get(metric) : undefined
  const { actual, ...span } = aggregate === 'slope' || !follower ? { actual: null } : follower.read(aggregate)
  return holdFigure({ kind: 'threshold', scope: stressStage, unit: unitOf(threshold), ...span }, threshold, actual)
}
