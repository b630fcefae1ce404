import { type Doubt, doubt } from '../../measure/doubts.ts'
import type { Mode, Threshold } from '../../profile/profile.ts'
import { relativesOf } from '../../profile/threshold-limit.ts'
import { isResource } from '../../profile/threshold-metrics.ts'
import { whyNeverJudged } from '../../profile/threshold-warnings.ts'
import type { ArmVerdict } from '../arm-verdict.ts'
import { exprOf, holdFigure, holds, holdThreshold, type Limit, limitOf, nothing } from '../limits.ts'
import { stressLimits } from '../stress.ts'
import type { WindowSummary } from '../windows.ts'
import { baselineId, type Comparables } from './against.ts'
import { holdWindowed } from './followed.ts'
import type { ResourceSlope } from './resources.ts'
import { stressStage, unitOf } from './units.ts'
import { heldUse, type LimitedProfile, type ThresholdFindings } from './watch.ts'

/** What thresholds are held against. */
export interface ThresholdCase {
  readonly profile: LimitedProfile & { readonly mode: Pick<Mode, 'name' | 'durationNs'> }
  /** The arms of clean load that were measured. */
  readonly clean: readonly Pick<ArmVerdict, 'arm' | 'figures'>[]
  readonly windows: WindowSummary
  readonly findings: ThresholdFindings
  readonly comparables: Comparables
}

/** A limit, and the doubt that it was not judged; null where it was. */
interface Held {
  readonly limit: Limit
  readonly doubt: Doubt | null
}

/**
 * Holds the thresholds of a run: those of the whole against the arms of clean load, and the stress windows without a fault;
 * those with a window against each one of its length; those of what the target uses against the stress stage. Bounds of
 * policies are among them as far as windows of stress are what they are about.
 */
export function holdThresholds(run: ThresholdCase): {
  readonly limits: readonly Limit[]
  readonly doubts: readonly Doubt[]
} {
  const { profile, findings, windows } = run
  const whole = [...ofArms(run), ...stressLimits(windows, profile, run.comparables)]
  const watched = windows.windows > 0 ? [...ofWindows(run), ...ofUse(run)] : []
  const ended = findings.breach ? [findings.breach] : []
  return {
    limits: [...whole, ...watched.map(({ limit }) => limit), ...ended],
    doubts: [...unjudgedDoubts(whole), ...watched.flatMap((held) => (held.doubt === null ? [] : [held.doubt]))],
  }
}

function ofArms({ profile, clean, comparables }: ThresholdCase): readonly Limit[] {
  return clean.flatMap(({ arm, figures }) =>
    profile.thresholds
      .filter(({ metric, windowNs }) => windowNs === null && !isResource(metric))
      // The baseline is not held against itself.
      .filter(({ limit }) => arm.id !== baselineId(arm.path) || !relativesOf(limit).includes('baseline'))
      .map((threshold) => holdThreshold('threshold', arm.id, threshold, figures, comparables.ofArm(arm))),
  )
}

/** Limits that were not judged, by why: for want of a baseline or a reference, which no run can help. */
export function unjudgedDoubts(limits: readonly Limit[]): readonly Doubt[] {
  const unjudged = limits.filter(({ why, actual }) => why !== undefined && actual !== null)
  return [...Map.groupBy(unjudged, ({ why }) => why ?? '')].map(([why, ofWhy]) => {
    const which = ofWhy.map(({ scope, expr }) => `${expr} of ${scope}`).join('; ')
    return doubt('limit-left-out', `not judged, ${why}: ${which}`, [])
  })
}

function ofWindows({ profile, findings, comparables }: ThresholdCase): readonly Held[] {
  const held = findings.windowed.map((finding): Held => {
    const faults = finding.policy === null ? [] : [finding.policy]
    const limit = holdWindowed(finding, comparables.ofWindows(finding.phase, faults))
    const isUnread = limit.actual === null
    return { limit, doubt: isUnread ? unmeasured(limit) : (unjudgedDoubts([limit])[0] ?? null) }
  })
  const isFound = (threshold: Threshold): boolean =>
    findings.windowed.some((finding) => finding.threshold === threshold)
  const missing = [
    ...profile.thresholds.map((threshold) => ({ threshold, kind: 'threshold', scope: stressStage }) as const),
    ...profile.policies.flatMap(({ name, bounds }) =>
      bounds.map((threshold) => ({ threshold, kind: 'bound', scope: `${stressStage} under ${name}` }) as const),
    ),
  ]
    .filter(({ threshold }) => threshold.windowNs !== null && !isFound(threshold))
    .map(({ threshold, ...place }): Held => {
      const never = whyNeverJudged(threshold, profile.mode)
      const why = never ?? 'no stretch of windows was that long'
      return unjudged(place, threshold, why, never !== null || place.kind === 'bound')
    })
  return [...held, ...missing]
}

function ofUse({ profile, findings: { resources } }: ThresholdCase): readonly Held[] {
  return profile.thresholds
    .filter(({ metric }) => isResource(metric))
    .map((threshold): Held => {
      const { metric, aggregate } = threshold
      if (aggregate !== 'slope') {
        const limit = heldUse(threshold, resources)
        return { limit, doubt: limit.actual === null ? unmeasured(limit) : null }
      }
      const never = whyNeverJudged(threshold, profile.mode)
      const slope = never === null && isResource(metric) ? (resources.get(metric)?.slope() ?? null) : null
      const place = { kind: 'threshold', scope: stressStage, unit: unitOf(threshold) } as const
      if (slope) return heldSlope(place, threshold, slope)
      return unjudged(place, threshold, never ?? 'too little was read of it without faults', never !== null)
    })
}

type Place = Pick<Limit, 'kind' | 'scope' | 'unit'>

/** By plan, it is worth a word; else the run lacks an answer. */
function unjudged(place: Place, threshold: Threshold, why: string, isPlanned: boolean): Held {
  const limit = { ...holdFigure(place, threshold, null), limit: limitOf(threshold, nothing), why }
  const detail = `not judged, ${why}: ${limit.expr} of ${limit.scope}`
  return { limit, doubt: doubt(isPlanned ? 'limit-left-out' : 'limit-unjudged', detail, []) }
}

function unmeasured({ scope, expr, window }: Limit): Doubt {
  const when = window ? ` from ${window.fromMs / 1000} to ${window.toMs / 1000} s` : ''
  return doubt('limit-unmeasured', `nothing was measured of what ${expr} of ${scope} is about${when}`, [])
}

/** Of the rise that is usual, either half of the run without its first third has more than this part where something leaks. */
const clearly = 0.5

/**
 * A slope breaks its limit where noise cannot be why, where it is more than healthy targets rise in runs of this length, and
 * where it goes on, and does not decay; it keeps it where noise cannot hide that it does not.
 */
function heldSlope(place: Place, threshold: Threshold, found: ResourceSlope): Held {
  const { slope, lower, upper, slowest, usual } = found
  const held = holdFigure(place, threshold, slope)
  const limit = held.limit ?? 0
  const least = Math.max(limit, usual)
  const breaks = lower > limit && slope > least && slowest > clearly * least && found.goesOn
  if (breaks) return { limit: held, doubt: null }
  if (holds(upper, threshold.op, limit)) return { limit: held, doubt: null }
  const why = `it lies between ${lower} and ${upper}, and in runs of this length healthy targets rise by up to ${usual}`
  return {
    limit: { ...held, ok: false, why },
    doubt: doubt('trend-unclear', `${exprOf(threshold)}, found ${slope}: ${why}`, [threshold.metric]),
  }
}
