import type { ResultReference } from '../archive/reference.ts'
import type { Result } from '../archive/result.ts'
import { holdAgainst } from '../compare/against.ts'
import type { ReferenceComparison } from '../judge/reference/comparison.ts'
import { referenceDoubts, referenceReasons } from '../judge/reference/reasons.ts'
import type { ResultDifference } from '../judge/trace/analyze.ts'
import type { Doubt } from '../measure/doubts.ts'
import { differencesOf } from './analyze-gate.ts'

/** What an archived result comes to beside the references whose figures it holds. */
export interface ReferenceAgain {
  readonly reasons: readonly string[]
  readonly doubts: readonly Doubt[]
  readonly comparisons: readonly ReferenceComparison[]
  readonly differences: readonly ResultDifference[]
}

/** Holds an archived result once more against its references; of a file from before, or without one, nothing comes of it. */
export function holdReferenceAgain(result: Result): ReferenceAgain {
  const { reference } = result
  const again = reference.verdict === null ? notHeld(reference) : holdAgainst(result, reference)
  const { verdict, why, comparisons, notCompared } = reference
  return {
    reasons: referenceReasons(again),
    doubts: referenceDoubts(again),
    comparisons: again.comparisons,
    differences: differencesOf({ verdict, why, comparisons, notCompared }, again, '/reference'),
  }
}

/** Nothing is compared where there is nothing to compare with, or nobody did. */
function notHeld({ notCompared }: ResultReference) {
  return { verdict: null, why: null, comparisons: [] as readonly ReferenceComparison[], notCompared }
}
