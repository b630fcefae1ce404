import type { MetricCalibration } from '../judge/calibration/calibration.ts'
import type { CalibrationState, KinshipState } from '../judge/calibration/state.ts'
import { changeOf } from '../judge/gate-answer.ts'
import { type MetricName, metricNames, pairedMetrics } from '../judge/paired/metrics.ts'
import { colorsOf } from './colors.ts'
import type { TextOptions } from './result-text.ts'
import { table } from './table.ts'

const head = ['metric', 'runs', 'per round', 'bias', 'noise', 'least to fail', 'margin']

/** What is known of the noise of a machine, for the terminal. */
export function renderCalibration(state: CalibrationState, options: TextOptions): string {
  const { profile, mode, hostFingerprint } = state
  const { bold } = colorsOf(options.color)
  return [
    bold(`noise of ${mode} of ${profile} on this host (${hostFingerprint})`),
    kinshipText('between two processes of one build', state.build, options),
    kinshipText('within one process', state.process, options),
  ].join('\n\n')
}

function kinshipText(title: string, state: KinshipState, { color, width = 100 }: TextOptions): string {
  const { bold, dim } = colorsOf(color)
  const { calibration, runs, missing, expiresAt } = state
  if (calibration === null)
    return `${bold(title)}: not calibrated; ${runs.length} of ${runs.length + missing} runs, ${missing} more are needed`
  const until = expiresAt === null ? '' : `, until ${expiresAt.slice(0, 10)}`
  const rows = metricNames.flatMap((metric) => {
    const known = calibration.metrics[metric]
    return known ? [cellsOf(metric, known).map((text) => ({ text }))] : []
  })
  return [
    `${bold(title)}: calibrated by ${calibration.runs} runs (${calibration.name})${until}`,
    table(
      head.map((text) => ({ text, paint: dim })),
      rows,
      { width, numeric: [1, 2, 3, 4, 5, 6] },
    ),
    ...blindLines(calibration.metrics),
    selfTestLine(state),
  ].join('\n')
}

function cellsOf(metric: MetricName, { runs, perRound, bias, noise, floor }: MetricCalibration): readonly string[] {
  const { margin } = pairedMetrics[metric]
  return [metric, String(runs), ...[perRound, bias, noise, floor, margin].map((value) => changeOf(metric, value))]
}

/** Of what is so noisy that a change of more than the margin may pass unseen. */
function blindLines(metrics: Readonly<Partial<Record<MetricName, MetricCalibration>>>): readonly string[] {
  const blind = metricNames.filter((metric) => (metrics[metric]?.floor ?? 0) > pairedMetrics[metric].margin)
  if (blind.length === 0) return []
  return [`too noisy here to fail by a change of its margin: ${blind.join(', ')}`]
}

function selfTestLine({ selfTest, runs }: KinshipState): string {
  if (selfTest === null) return `self-test: none; each run is judged by the others once there are ${runs.length + 1}`
  const { failed, sound } = selfTest
  const names = `${failed.length} FAIL though nothing changed: ${failed.join(', ')}`
  const outcome = failed.length === 0 ? '0 fail' : sound ? names : `${names}; that is more than chance explains`
  return `self-test: ${selfTest.runs} runs, each judged by the others: ${outcome}`
}
