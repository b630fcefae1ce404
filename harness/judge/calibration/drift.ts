import { type Doubt, doubt } from '../../measure/doubts.ts'
import type { SliceSummary } from '../../measure/measurements.ts'
import { changeOf, type GateCase } from '../gate-answer.ts'
import { type MetricName, metricNames } from '../paired/metrics.ts'
import type { Kinship } from './calibration.ts'
import { controlOf, kinships } from './control.ts'
import { kinshipOf } from './ruler.ts'

/** By so large a share the standard deviation of the rounds may differ from the calibrated one. */
const mostChange = 0.5

/** The standard deviation of fewer rounds is too unsure: of eight normal ones it is off by so much once in twenty runs. */
const leastRounds = 8

/**
 * That the rounds of a run's control arms differ from each other more, or less, than they did when the machine was
 * calibrated: its ruler may be too short, or too long. Of the metrics that may fail the run.
 */
export function driftDoubts({ plan, calibration }: GateCase, slices: readonly SliceSummary[]): readonly Doubt[] {
  return kinships.flatMap((kinship) => {
    const known = calibration[kinship]
    if (known === null) return []
    const controls = controlOf(plan, kinship, slices)
    const changed = gatedOf(plan, kinship).flatMap((metric) => {
      const values = controls[metric] ?? []
      const usual = known.metrics[metric]?.perRound ?? 0
      if (values.length < leastRounds || usual === 0) return []
      const deviation = deviationOf(values)
      if (Math.abs(deviation / usual - 1) <= mostChange) return []
      return [{ metric, text: `${metric} by ${changeOf(metric, deviation)} (calibrated: ${changeOf(metric, usual)})` }]
    })
    if (changed.length === 0) return []
    const text = `the rounds of one build differ from each other otherwise than when this machine was calibrated: ${changed.map((one) => one.text).join(', ')}`
    return [
      doubt(
        'calibration-drifted',
        text,
        changed.map(({ metric }) => metric),
      ),
    ]
  })
}

function gatedOf({ pairings }: GateCase['plan'], kinship: Kinship): readonly MetricName[] {
  const own = pairings.filter((pairing) => kinshipOf(pairing) === kinship).flatMap(({ gated }) => gated)
  return metricNames.filter((metric) => own.includes(metric))
}

function deviationOf(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1))
}
