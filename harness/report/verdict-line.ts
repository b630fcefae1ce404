import type { Result } from '../archive/result.ts'
import { capacityText } from './capacity-section.ts'
import { roundsText } from './gate-section.ts'
import { referenceText } from './reference-section.ts'
import { adjustedText, tolerancesText } from './tune-section.ts'

/** The verdict of a run in one line: the first and the last of every report. */
export function verdictLine(result: Result): string {
  const { run, sabotage, simulated } = result
  const marks = [
    ...(sabotage === null ? [] : [`sabotaged by ${sabotage}`]),
    ...(simulated ? ['simulated'] : []),
    ...(run.exitCode === 0 ? [] : [`exit ${run.exitCode}`]),
  ]
  const end = marks.length > 0 ? ` [${marks.join(', ')}]` : ''
  return `${run.verdict}${explanation(result)}${end}`
}

function explanation(result: Result): string {
  const { run, doubts, reference, capacity, tolerance, gate } = result
  const { verdict, reasons, status, abortedBy } = run
  // What is inconclusive breaks nothing: then its doubts are the reason.
  const unclear = doubts
    .filter(({ effect }) => effect === 'inconclusive')
    .map(({ kind, detail }) => `${kind}: ${detail}`)
  const [first = 'no reason given', ...others] = reasons.length > 0 ? reasons : unclear
  const more = others.length > 0 ? ` (and ${others.length} more)` : ''
  // A signal is a reason by itself, which says the same.
  const told = status !== 'aborted' || (abortedBy === 'signal' && first.startsWith('ended by a signal'))
  const aborted = told ? '' : `ended early by ${abortedBy ?? 'something unknown'}; `
  if (verdict !== 'pass') return `: ${aborted}${first}${more}`
  if (capacity) return ` (capacity ${capacityText(capacity)})`
  if (tolerance) return ` (${tolerancesText(tolerance)})`
  const compared =
    reference.kind === 'none' ? `not compared: ${reference.whyNone ?? 'no reference'}` : referenceText(reference)
  const gated = gate && gate.verdict !== 'reported' ? `gate: ${gate.verdict} after ${roundsText(gate)}; ` : ''
  return `${adjustedText(result)} (${aborted}${gated}${compared})`
}
