import { binomialCdf } from '../../measure/binomial.ts'
import { buildMetrics, costMetrics } from '../gate.ts'
import { compareFound } from '../paired/compare-arms.ts'
import { knownDifferences } from '../paired/differences.ts'
import { looksOf, runAlpha } from '../paired/looks.ts'
import type { MetricName } from '../paired/metrics.ts'
import { rulerOf } from '../paired/ruler.ts'
import { calibrate, type ControlRun, type Kinship, newestOf, noiseOf } from './calibration.ts'

/** What became of the runs that a calibration rests on when each was judged by the ruler of the others. */
export interface SelfTest {
  readonly runs: number
  /** Those that failed, though nothing had changed; by id. */
  readonly failed: readonly string[]
  /** Whether chance explains so many. */
  readonly sound: boolean
}

/** The same in numbers, as results have it. */
export interface SelfTestCount {
  readonly runs: number
  readonly failed: number
}

/** What a run may fail by that is held to the calibration; what its runs do not tell, such as a heap, is left out. */
const gated: Readonly<Record<Kinship, readonly MetricName[]>> = {
  process: costMetrics,
  build: [...buildMetrics, 'heap'],
}

/** Each run is judged from either side, as if the one measurement were the policy and then the other. */
const ways = [1, -1] as const

/** A calibration of which so many runs, or more, fail more rarely than that is not to be trusted. */
const unsoundAlpha = 0.01

/** Judges the control arm of each run, both ways round, as if it were a policy, by the calibration of all the others. */
export function selfTest(runs: readonly ControlRun[], kinship: Kinship): SelfTest {
  const newest = newestOf(runs)
  const judged = newest.flatMap((run) => {
    const calibration = calibrate(newest.filter((other) => other !== run))
    if (calibration === null) return []
    const ruler = rulerOf(noiseOf('the others', calibration))
    const known = gated[kinship].filter((metric) => calibration.metrics[metric] && run.metrics[metric])
    return [{ id: run.id, fails: ways.some((way) => isWorse(run, known, way, ruler)) }]
  })
  const failed = judged.filter(({ fails }) => fails).map(({ id }) => id)
  return { runs: judged.length, failed, sound: isSound({ runs: judged.length, failed: failed.length }) }
}

/**
 * Whether chance explains that so many runs fail, of which each may do so once in a hundred from either side: the exact
 * binomial probability of as many or more is at least 1 %.
 */
export function isSound({ runs, failed }: SelfTestCount): boolean {
  return failed === 0 || 1 - binomialCdf(failed - 1, runs, ways.length * runAlpha) >= unsoundAlpha
}

function isWorse(
  { metrics }: ControlRun,
  known: readonly MetricName[],
  way: (typeof ways)[number],
  ruler: ReturnType<typeof rulerOf>,
): boolean {
  const pairing = { policy: 'control', against: 'baseline', arms: ['control'], baseArms: ['baseline'] }
  const found = known.map((metric) => {
    const values = (metrics[metric] ?? []).map((value) => way * value)
    return { planned: { pairing, metric, gated: true }, differences: knownDifferences(values) }
  })
  const rounds = Math.max(0, ...found.map(({ differences }) => differences.values.length))
  const [look] = looksOf([rounds])
  return look !== undefined && compareFound(found, ruler, look).some(({ verdict }) => verdict === 'fail')
}
