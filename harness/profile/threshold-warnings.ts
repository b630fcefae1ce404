import type { Problem } from '../kernel/errors.ts'
import { step } from '../kernel/json.ts'
import { formatNs, nsPerSecond } from '../kernel/units.ts'
import type { Mode } from './modes.ts'
import type { RawProfile } from './schema.ts'
import { stretchesOf } from './step-warnings.ts'
import type { StressStep } from './stress.ts'
import type { Threshold } from './threshold.ts'
import { placedThresholds } from './threshold-settings.ts'

/** In less than that every healthy target rises (statistics of the memory verdict): a slope says nothing. */
export const leastSlopeNs = 300 * nsPerSecond

/** Warns of thresholds and bounds that the chosen mode can never judge, as its stress stage is too short for them. */
export function thresholdWarnings(
  { thresholds, policies }: Pick<RawProfile, 'thresholds' | 'policies'>,
  steps: readonly StressStep[],
  mode: Mode,
): Problem[] {
  const ofLoad = placedThresholds(thresholds, '/thresholds').flatMap(({ where, threshold }) => {
    const why = whyNeverJudged(threshold, mode)
    if (why !== null) return [{ where, message: `is never judged: ${why}` }]
    return [...widthWarning(threshold, mode), ...abortWarning(threshold, mode)].map((message) => ({ where, message }))
  })
  const stretches = stretchesOf(steps, mode.durationNs)
  const ofPolicies = Object.entries(policies).flatMap(([name, { bounds = {} }]) => {
    const longest = Math.max(0, ...stretches.filter((one) => one.policy === name).map((one) => one.toNs - one.fromNs))
    return placedThresholds(bounds, `/policies${step(name)}/bounds`)
      .filter(({ threshold: { windowNs } }) => windowNs !== null && windowNs > longest)
      .map(({ where }) => ({
        where,
        message: `is never judged: windows are of the stress stage, where steps of mode ${mode.name} have ${name} in force for ${longest === 0 ? 'no time' : `${formatNs(longest)} at most`}`,
      }))
  })
  return [...ofLoad, ...ofPolicies]
}

/** Windows are taken together from recorded ones, as many as are that long. */
function widthWarning({ windowNs }: Threshold, mode: Mode): string[] {
  if (windowNs === null || windowNs % mode.windowNs === 0) return []
  const judgedNs = Math.ceil(windowNs / mode.windowNs) * mode.windowNs
  return [
    `is judged in windows of ${formatNs(judgedNs)}: mode ${mode.name} records windows of ${formatNs(mode.windowNs)}`,
  ]
}

function abortWarning({ abortAfterNs }: Threshold, { name, durationNs }: Mode): string[] {
  if (abortAfterNs === null || abortAfterNs <= durationNs) return []
  return [
    `never ends the run: its delayAbortEval is ${formatNs(abortAfterNs)}, and the stress stage of mode ${name} takes ${formatNs(durationNs)}`,
  ]
}

/** Why a threshold of clean load cannot be judged however a run of this mode goes; null where it may be. */
export function whyNeverJudged(
  { windowNs, aggregate }: Pick<Threshold, 'windowNs' | 'aggregate'>,
  { name, durationNs }: Pick<Mode, 'name' | 'durationNs'>,
): string | null {
  const needed = aggregate === 'slope' ? leastSlopeNs : (windowNs ?? 0)
  if (needed <= durationNs) return null
  const what = aggregate === 'slope' ? 'a slope needs' : 'it needs a window of'
  return `${what} ${formatNs(needed)}, and the stress stage of mode ${name} takes ${formatNs(durationNs)}`
}
