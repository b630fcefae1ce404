import type { Result } from './result.ts'

/** The doubt that a comparison with former results leaves; it must not keep a run from being compared with. */
const ofReference = 'reference-unclear'

/**
 * Why a result may not be what others are compared with; null where it may. It must have passed, but for what it could not
 * tell of its own reference: else a machine of much noise would never have a history.
 */
export function whyUnfit({ run, doubts, sabotage, simulated }: Result): string | null {
  if (simulated) return 'it is simulated'
  if (sabotage !== null) return `it was sabotaged: ${sabotage}`
  if (run.status !== 'completed') return `it was ended early by ${run.abortedBy ?? 'something unknown'}`
  const spoilt = doubts.find(({ effect, taints }) => effect === 'void' || taints.includes('everything'))
  if (spoilt) return `it is doubtful: ${spoilt.kind}`
  const unclear = doubts.filter(({ effect }) => effect === 'inconclusive')
  // In a strict run a doubt that leaves others inconclusive makes it void.
  const asUnclear = run.verdict === 'inconclusive' || (run.verdict === 'void' && run.strict === true)
  const passed = run.verdict === 'pass' || (asUnclear && unclear.every(({ kind }) => kind === ofReference))
  return passed ? null : `it is no pass but ${run.verdict}${run.reasons[0] === undefined ? '' : `: ${run.reasons[0]}`}`
}
