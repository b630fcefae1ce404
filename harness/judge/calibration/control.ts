import { significant } from '../../kernel/units.ts'
import type { SliceSummary } from '../../measure/measurements.ts'
import type { GatePlan } from '../gate.ts'
import { controlDifferences, gateRounds } from '../gate-answer.ts'
import { differencesOf } from '../paired/differences.ts'
import type { Pairing } from '../paired/slice.ts'
import type { ControlRun, Kinship } from './calibration.ts'
import { kinshipOf } from './ruler.ts'

/** What measurements have in common of which one is held against the other. */
export const kinships: readonly Kinship[] = ['process', 'build']

/**
 * What one run says of the noise of such measurements: one difference per round and metric. Of several groups that each have
 * a baseline of their own the first speaks for all: none of their comparisons rests on more than one.
 */
export function controlOf(plan: GatePlan, kinship: Kinship, slices: readonly SliceSummary[]): ControlRun['metrics'] {
  return controlDifferences(plan, controlsOf(plan, kinship), slices)
}

function controlsOf(plan: GatePlan, kinship: Kinship): readonly Pairing[] {
  const own = plan.controls.filter((control) => kinshipOf(control) === kinship)
  return kinship === 'build' ? own : own.slice(0, 1)
}

/** The p99 of what is measured twice in ms, of both measurements; of builds that of the former one. Nothing where it has none. */
export function baselineP99Of(
  plan: GatePlan,
  kinship: Kinship,
  slices: readonly SliceSummary[],
): Pick<ControlRun, 'baselineP99Ms'> {
  const baseline = controlsOf(plan, kinship).at(-1)
  const p99 = baseline && differencesOf(gateRounds(plan, slices), baseline, 'p99')
  if (!p99 || p99.base === null || p99.value === null) return {}
  return { baselineP99Ms: significant(Math.sqrt(p99.base * p99.value)) }
}
