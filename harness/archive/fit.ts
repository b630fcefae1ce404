import { spoilsRun } from '../measure/doubt-reach.ts'
import type { Result } from './result.ts'

/**
 * Why a result may not be what others are compared with; null where it may. It must not have failed, and its figures must be
 * sound. That one of its own comparisons, or a slope, came to no answer is no reason, also where that made it void: else a
 * machine on which one figure is noisy every night would never have a history of all the others. What it found to be worse,
 * or to leak, is one: also where another doubt made it void.
 */
export function whyUnfit(result: Result): string | null {
  const { run, doubts, sabotage, simulated } = result
  if (simulated) return 'it is simulated'
  if (sabotage !== null) return `it was sabotaged: ${sabotage}`
  if (run.status !== 'completed') return `it was ended early by ${run.abortedBy ?? 'something unknown'}`
  const spoilt = doubts.find(spoilsRun)
  if (spoilt) return `it is doubtful: ${spoilt.kind}`
  const failure = run.verdict === 'fail' ? null : failureIn(result)
  if (failure !== null) return `it is ${run.verdict}, and ${failure}`
  const isExplained = doubts.some(({ effect }) => effect !== 'note')
  const isFit = run.verdict === 'pass' || (run.verdict !== 'fail' && isExplained)
  return isFit ? null : `it is no pass but ${run.verdict}${run.reasons[0] === undefined ? '' : `: ${run.reasons[0]}`}`
}

function failureIn({ gate, reference, memory }: Result): string | null {
  if (gate?.verdict === 'fail') return 'its gate failed'
  if (reference.verdict === 'fail') return 'it is worse than its reference'
  return memory?.kinds.some(({ verdict }) => verdict === 'fail') ? 'its target leaks' : null
}
