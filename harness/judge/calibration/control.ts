import type { SliceSummary } from '../../measure/measurements.ts'
import type { GatePlan } from '../gate.ts'
import { controlDifferences } from '../gate-answer.ts'
import type { ControlRun } from './calibration.ts'
import { type Kinship, kinshipOf } from './ruler.ts'

/** What measurements have in common of which one is held against the other. */
export const kinships: readonly Kinship[] = ['process', 'build']

/**
 * What one run says of the noise of such measurements: one difference per round and metric. Of several groups that each have
 * a baseline of their own the first speaks for all: none of their comparisons rests on more than one.
 */
export function controlOf(plan: GatePlan, kinship: Kinship, slices: readonly SliceSummary[]): ControlRun['metrics'] {
  const own = plan.controls.filter((control) => kinshipOf(control) === kinship)
  return controlDifferences(plan, kinship === 'build' ? own : own.slice(0, 1), slices)
}
