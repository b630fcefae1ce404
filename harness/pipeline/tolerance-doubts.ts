import type { ResultStrengthStep, ResultTolerance } from '../archive/tune.ts'
import { isBroken } from '../judge/limits.ts'
import { type Doubt, doubt } from '../measure/doubts.ts'
import { strengthText } from '../measure/strength-unit.ts'

/** What there is to distrust in tolerances; a function of what is archived of them. */
export function toleranceDoubts(tolerance: readonly ResultTolerance[]): readonly Doubt[] {
  return tolerance.flatMap((one) => {
    const { policy, limit, doubts } = one
    const detail = `${policy}: ${doubts.join('; ')}`
    if (limit === 'void') return [doubt('tolerance-void', detail, ['tolerance'])]
    return isUnclear(one) ? [doubt('tolerance-unclear', detail, ['tolerance'])] : []
  })
}

/** That all held up to the most that makes sense is an answer; that the search was ended is none, or a rough one. */
function isUnclear({ kind, limit, monotonic }: Omit<ResultTolerance, 'doubts'>): boolean {
  return kind === 'unclear' || !monotonic || (limit !== null && limit !== 'most' && limit !== 'least')
}

/** Why a tolerance is not to be taken at its word. */
export function toleranceRemarks(one: Omit<ResultTolerance, 'doubts'>): readonly string[] {
  const { limit, monotonic, steps, unit, boundsOf } = one
  const stuck = steps.find(({ verdict }) => verdict === 'void')
  const why = stuck?.trials.find(({ whyVoid }) => whyVoid !== null)?.whyVoid
  return [
    ...(boundsOf === 'ceiling' ? ['it has no bounds of its own: the ceiling of errors was held'] : []),
    ...(stuck ? [`at ${strengthText(unit, stuck.value)} ${why ?? 'nothing was measured'}`] : []),
    ...(monotonic ? [] : ['not monotonic: a stronger one held where a weaker one broke']),
    ...(limit === 'time' || limit === 'steps' ? [`the search ran out of ${limit}`] : []),
    ...(limit === 'stopped' ? ['the run was ended before the search was'] : []),
  ]
}

/** The bounds that broke at a strength, in their order. */
export function brokenAt(
  steps: readonly Pick<ResultStrengthStep, 'value' | 'trials'>[],
  value: number | null,
): readonly string[] {
  const trials = steps.filter((step) => step.value === value).flatMap((step) => step.trials)
  return [...new Set(trials.flatMap(({ bounds }) => bounds.filter(isBroken).map(({ expr }) => expr)))]
}
