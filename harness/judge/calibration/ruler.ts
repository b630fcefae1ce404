import { type Doubt, doubt } from '../../measure/doubts.ts'
import type { GatePlan } from '../gate.ts'
import { type MetricName, metricNames } from '../paired/metrics.ts'
import { type Ruler, rulerOf } from '../paired/ruler.ts'
import type { Pairing } from '../paired/slice.ts'
import { type Calibration, type Kinship, noiseOf } from './calibration.ts'
import { isSound, type SelfTestCount } from './self-test.ts'

/** A calibration by its name, and what its own runs say of it; absent where they are too few, and in files from before that. */
interface TestedCalibration extends Calibration {
  readonly name: string
  readonly selfTest?: SelfTestCount
}

/** What a gate knows of the noise of differences within one process, and between two; null where it was not calibrated. */
export type GateCalibration = Readonly<Record<Kinship, TestedCalibration | null>>

/** The ruler that a gate's calibrations are: differences between processes have one of their own. */
export function rulerFor({ process, build }: GateCalibration): Ruler {
  const rulers = {
    process: rulerOf(process && noiseOf(process.name, process)),
    build: rulerOf(build && noiseOf(build.name, build)),
  }
  return {
    name: [...new Set([rulers.process.name, rulers.build.name])].join('+'),
    measureOf: (metric, pairing) => rulers[kinshipOf(pairing)].measureOf(metric, pairing),
  }
}

/** The arms of builds are known by their names. */
export function kinshipOf({ arms, baseArms }: Pairing): Kinship {
  return [...arms, ...baseArms].some((arm) => /\/(?:again|base|twin)-/u.test(arm)) ? 'build' : 'process'
}

const kinshipTexts: Readonly<Record<Kinship, string>> = {
  process: 'within one process',
  build: 'between two processes',
}

/**
 * That what may fail the run is held to what is usual, since nobody knows by how much a build differs from itself here; or to
 * a calibration by which more of its own runs fail than chance explains.
 */
export function calibrationDoubts({ pairings }: Pick<GatePlan, 'pairings'>, known: GateCalibration): readonly Doubt[] {
  return (['process', 'build'] as const).flatMap((kinship) => {
    const own = pairings.filter((pairing) => kinshipOf(pairing) === kinship).flatMap(({ gated }) => gated)
    return own.length === 0 ? [] : [...missingDoubts(kinship, own, known), ...unsoundDoubts(kinship, known)]
  })
}

function missingDoubts(kinship: Kinship, own: readonly MetricName[], known: GateCalibration): readonly Doubt[] {
  const missing = metricNames.filter((metric) => own.includes(metric) && !isKnown(known[kinship], metric))
  if (missing.length === 0) return []
  const text = `no calibration of differences ${kinshipTexts[kinship]} (${missing.join(', ')}): the standard floors and margins hold, and what two runs of one build differ by may fail this one`
  return [doubt('uncalibrated', text, ['comparisons'])]
}

function unsoundDoubts(kinship: Kinship, known: GateCalibration): readonly Doubt[] {
  const tested = known[kinship]?.selfTest
  if (tested === undefined || isSound(tested)) return []
  const text = `of the ${tested.runs} runs that the calibration of differences ${kinshipTexts[kinship]} rests on, ${tested.failed} fail by the ruler of the others, though nothing had changed: what it says of the noise may be too little`
  return [doubt('calibration-unsound', text, ['comparisons'])]
}

function isKnown(calibration: Calibration | null, metric: MetricName): boolean {
  return calibration?.metrics[metric] !== undefined
}
