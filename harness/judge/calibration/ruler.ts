import { type Doubt, doubt } from '../../measure/doubts.ts'
import type { GatePlan } from '../gate.ts'
import { type MetricName, metricNames } from '../paired/metrics.ts'
import { type Ruler, rulerOf } from '../paired/ruler.ts'
import type { Pairing } from '../paired/slice.ts'
import { type Calibration, noiseOf } from './calibration.ts'

/** What two measurements have in common when they are of the same build: one process, or the build alone. */
export type Kinship = 'process' | 'build'

/** What a gate knows of the noise of differences within one process, and between two; null where it was not calibrated. */
export type GateCalibration = Readonly<Record<Kinship, (Calibration & { readonly name: string }) | null>>

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

/** That what may fail the run is held to what is usual: nobody knows by how much a build differs from itself here. */
export function calibrationDoubts({ pairings }: Pick<GatePlan, 'pairings'>, known: GateCalibration): readonly Doubt[] {
  return (['process', 'build'] as const).flatMap((kinship) => {
    const own = pairings.filter((pairing) => kinshipOf(pairing) === kinship).flatMap(({ gated }) => gated)
    const missing = metricNames.filter((metric) => own.includes(metric) && !isKnown(known[kinship], metric))
    if (missing.length === 0) return []
    const text = `no calibration of differences ${kinshipTexts[kinship]} (${missing.join(', ')}): the standard floors and margins hold, and what two runs of one build differ by may fail this one`
    return [doubt('uncalibrated', text, ['comparisons'])]
  })
}

function isKnown(calibration: Calibration | null, metric: MetricName): boolean {
  return calibration?.metrics[metric] !== undefined
}
