import type { ResultReference } from '../archive/reference.ts'
import { answerOf } from '../judge/answer.ts'
import type { Case, Verdict } from '../judge/judge.ts'
import { referenceDoubts, referenceReasons } from '../judge/reference/reasons.ts'
import { exitCodes } from '../kernel/exit-codes.ts'

/** The answer of a run with what it came to beside former ones, which is one more reason, or doubt. */
export function withReference(
  verdict: Verdict,
  reference: Pick<ResultReference, 'comparisons' | 'notCompared'>,
  run: Pick<Case, 'stopped' | 'strict'>,
): Verdict {
  const worse = referenceReasons(reference).map((text) => ({ code: exitCodes.regression, text }))
  const found = [...verdict.found, ...worse]
  const doubts = [...verdict.doubts, ...referenceDoubts(reference)]
  return { ...verdict, ...answerOf(run, found, doubts), found, doubts }
}
