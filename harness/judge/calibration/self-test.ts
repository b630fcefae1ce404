import { compareFound } from '../paired/compare-arms.ts'
import { knownDifferences } from '../paired/differences.ts'
import { looksOf } from '../paired/looks.ts'
import { type MetricName, metricNames } from '../paired/metrics.ts'
import { rulerOf } from '../paired/ruler.ts'
import { calibrate, type ControlRun, noiseOf } from './calibration.ts'

/** What became of the runs that a calibration rests on when each was judged by the ruler of the others. */
export interface SelfTest {
  readonly runs: number
  /** Those that failed, though nothing had changed; by id. */
  readonly failed: readonly string[]
}

/** What a run may fail by where nobody says otherwise. */
const gated: readonly MetricName[] = ['throughput', 'p50', 'p99']

/** Judges the control arm of each run, both ways round, as if it were a policy, by the calibration of all the others. */
export function selfTest(runs: readonly ControlRun[]): SelfTest {
  const judged = runs.flatMap((run) => {
    const calibration = calibrate(runs.filter((other) => other !== run))
    if (calibration === null) return []
    const ruler = rulerOf(noiseOf('the others', calibration))
    const fails = [1, -1].some((way) => {
      const found = metricNames.flatMap((metric) => {
        const values = run.metrics[metric]?.map((value) => way * value)
        const pairing = { policy: 'control', against: 'baseline', arms: ['control'], baseArms: ['baseline'] }
        const planned = { pairing, metric, gated: gated.includes(metric) }
        return values ? [{ planned, differences: knownDifferences(values) }] : []
      })
      const rounds = Math.max(...found.map(({ differences }) => differences.values.length))
      const [look] = looksOf([rounds])
      return look ? compareFound(found, ruler, look).some(({ verdict }) => verdict === 'fail') : false
    })
    return [{ id: run.id, fails }]
  })
  return { runs: judged.length, failed: judged.filter(({ fails }) => fails).map(({ id }) => id) }
}
