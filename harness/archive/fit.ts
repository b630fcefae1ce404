import { spoilsRun } from '../measure/doubt-reach.ts'
import type { Result } from './result.ts'

/**
 * Why a result may not be what others are compared with; null where it may. It must not have failed, and its figures must be
 * sound. That one of its own comparisons, or a slope, came to no answer is no reason, also where that made it void: else a
 * machine on which one figure is noisy every night would never have a history of all the others.
 */
export function whyUnfit({ run, doubts, sabotage, simulated }: Result): string | null {
  if (simulated) return 'it is simulated'
  if (sabotage !== null) return `it was sabotaged: ${sabotage}`
  if (run.status !== 'completed') return `it was ended early by ${run.abortedBy ?? 'something unknown'}`
  const spoilt = doubts.find(spoilsRun)
  if (spoilt) return `it is doubtful: ${spoilt.kind}`
  const isExplained = doubts.some(({ effect }) => effect !== 'note')
  const isFit = run.verdict === 'pass' || (run.verdict !== 'fail' && isExplained)
  return isFit ? null : `it is no pass but ${run.verdict}${run.reasons[0] === undefined ? '' : `: ${run.reasons[0]}`}`
}
