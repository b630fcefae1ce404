import { type Doubt, doubt } from '../../measure/doubts.ts'
import type { ReferenceAnswer } from './case.ts'
import type { ReferenceComparison } from './comparison.ts'
import { nameOf } from './counterparts.ts'
import { estimandChange } from './estimand.ts'

/** Why a run fails by what it is beside its reference, in words; nothing where it does not. */
export function referenceReasons({ comparisons }: Pick<ReferenceAnswer, 'comparisons'>): readonly string[] {
  return comparisons.filter(({ gated, verdict }) => gated && verdict === 'fail').map(failureText)
}

function failureText(comparison: ReferenceComparison): string {
  const { metric, estimate, interval, p, references, kind } = comparison
  const range = interval?.map((end) => estimandChange(metric, end)).join(' to ') ?? '?'
  const than = references === 1 ? 'than in the reference' : `than in the median of ${references} results`
  const worse = kind === 'fragility' ? 'worse for its baseline' : 'worse'
  return `${nameOf(comparison)} is ${estimandChange(metric, estimate)} ${worse} ${than} (95 %: ${range}; p ${p?.toPrecision(2)})`
}

/** What of the comparison with a reference came to no answer: what chance may explain, and what was not compared at all. */
export function referenceDoubts({
  comparisons,
  notCompared,
}: Pick<ReferenceAnswer, 'comparisons' | 'notCompared'>): readonly Doubt[] {
  const unclear = comparisons
    .filter(({ gated, verdict }) => gated && verdict === 'inconclusive')
    .map((comparison) => {
      const { metric, mde } = comparison
      const least = mde === null ? 'no change' : `smallest change to be found: ${estimandChange(metric, mde)}`
      return doubt('reference-unclear', `${nameOf(comparison)}: ${least}`, [metric])
    })
  const lost = notCompared
    .filter(({ gated }) => gated === true)
    .map(({ what, why }) => doubt('reference-unclear', `${what} may fail the run, and is not compared: ${why}`, []))
  return [...unclear, ...lost]
}
