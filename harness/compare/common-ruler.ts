import type { Result } from '../archive/result.ts'
import type { GateCalibration } from '../judge/calibration/ruler.ts'
import type { Both } from './comparison.ts'

/** What two results were both held to. */
interface CommonRuler {
  readonly calibration: GateCalibration
  /** What to know of it; null where both had the same. */
  readonly note: string | null
}

type Known = NonNullable<GateCalibration['process']>

const none: GateCalibration = { process: null, build: null }

/**
 * What is known of the noise of two results: their calibration where it is one, by its name. Each run adds its control arms to
 * what the next one is held to, so that two nights seldom have the same; of two that tell of a metric the wider one counts.
 * What only one of them was calibrated for decides nothing.
 */
export function commonRuler({ base, next }: Both<Pick<Result, 'gate'>>): CommonRuler {
  const [first, second] = [base, next].map(({ gate }) => gate?.calibration.process ?? null)
  if (!first && !second) return { calibration: none, note: null }
  if (!first || !second) {
    const [one, other] = first ? ['base', 'new run'] : ['new run', 'base']
    return { calibration: none, note: `only the ${one} is calibrated, and the ${other} is not: no calibration counts` }
  }
  if (first.name === second.name) return { calibration: { process: second, build: null }, note: null }
  return {
    calibration: { process: widest(first, second), build: null },
    note: `the two were held to different calibrations (${first.name}, ${second.name}): what counts is the larger noise of the two`,
  }
}

/** What two calibrations both tell of, each as the one has it by which runs differ more. */
function widest(first: Known, second: Known): Known {
  const metrics = Object.entries(second.metrics).flatMap(([metric, own]) => {
    const other = first.metrics[metric as keyof Known['metrics']]
    return other === undefined || own === undefined ? [] : [[metric, own.between >= other.between ? own : other]]
  })
  return { ...second, metrics: Object.fromEntries(metrics) as Known['metrics'] }
}
