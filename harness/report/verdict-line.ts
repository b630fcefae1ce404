import type { Result } from '../archive/result.ts'

/** The verdict of a run in one line: the first and the last of every report. */
export function verdictLine({ run, doubts, reference, sabotage, simulated }: Result): string {
  const marks = [
    ...(sabotage === null ? [] : [`sabotaged by ${sabotage}`]),
    ...(simulated ? ['simulated'] : []),
    ...(run.exitCode === 0 ? [] : [`exit ${run.exitCode}`]),
  ]
  const end = marks.length > 0 ? ` [${marks.join(', ')}]` : ''
  return `${run.verdict}${explanation(run, doubts, reference)}${end}`
}

function explanation(
  { verdict, reasons, status, abortedBy }: Result['run'],
  doubts: Result['doubts'],
  reference: Result['reference'],
): string {
  // What is inconclusive breaks nothing: then its doubts are the reason.
  const unclear = doubts
    .filter(({ effect }) => effect === 'inconclusive')
    .map(({ kind, detail }) => `${kind}: ${detail}`)
  const [first = 'no reason given', ...others] = reasons.length > 0 ? reasons : unclear
  const more = others.length > 0 ? ` (and ${others.length} more)` : ''
  const aborted = status === 'aborted' ? `ended early by ${abortedBy ?? 'something unknown'}; ` : ''
  if (verdict !== 'pass') return `: ${aborted}${first}${more}`
  const compared =
    reference.id === null
      ? `not compared: ${reference.whyNone ?? 'no reference'}`
      : `differences to ${reference.id} decide nothing yet`
  return ` (${aborted}${compared})`
}
