import { type Doubt, doubt } from '../../measure/doubts.ts'
import { signedRankP } from '../stats/signed-rank.ts'
import { locate } from '../stats/walsh.ts'
import { catastrophes } from './catastrophe.ts'
import { differencesOf } from './differences.ts'
import { failShares } from './looks.ts'
import type { MetricName } from './metrics.ts'
import { namesOf } from './names.ts'
import type { Ruler } from './ruler.ts'
import type { Pairing, Round } from './slice.ts'

/**
 * The chance that a healthy run's baseline is said to differ from itself in its metrics, before what matters is asked; bursts
 * of failures have a share of it beside that.
 */
const controlAlpha = 0.01

/**
 * Holds what is the same build against each other, measured in the same rounds, in these metrics. Where two surely differ,
 * and by what would count of a policy, or where one of them would be a catastrophe beside the other, the machine was not the
 * same for both, and nothing can be said of the run.
 */
export function controlDoubts(
  rounds: readonly Round[],
  controls: readonly Pairing[],
  metrics: readonly MetricName[],
  ruler: Ruler,
): readonly Doubt[] {
  const alphas = {
    metric: controlAlpha / (metrics.length * controls.length),
    bursts: (failShares.bursts * controlAlpha) / controls.length,
  }
  return controls.flatMap((control) => doubtsOf(rounds, control, metrics, ruler, alphas))
}

function doubtsOf(
  rounds: readonly Round[],
  control: Pairing,
  metrics: readonly MetricName[],
  ruler: Ruler,
  alphas: { readonly metric: number; readonly bursts: number },
): readonly Doubt[] {
  const { policy, against } = namesOf(control)
  const name = against.endsWith('baseline') ? 'the baseline differs from itself' : `${policy} differs from ${against}`
  const mirrored = { policy: control.against, against: control.policy, arms: control.baseArms, baseArms: control.arms }
  const suspects = [control, mirrored].map((pairing) => ({ pairing, accepted: {} }))
  const torn = catastrophes(rounds, suspects, alphas.bursts).map((text) =>
    doubt('baseline-differs', text, ['everything']),
  )
  const apart = metrics.flatMap((metric) => {
    const { values } = differencesOf(rounds, control, metric)
    if (values.length === 0) return []
    const { estimate } = locate(values)
    const p = 2 * Math.min(signedRankP(values), signedRankP(values.map((value) => -value)))
    const differs = p <= alphas.metric && Math.abs(estimate) >= ruler.measureOf(metric, control).floor
    const text = `${name} in ${metric} by ${estimate.toPrecision(3)} (p ${p.toPrecision(2)})`
    return differs ? [doubt('baseline-differs', text, ['everything'])] : []
  })
  return [...torn, ...apart]
}
