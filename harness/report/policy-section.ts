import type { Result, ResultArm } from '../archive/result.ts'
import type { PlacedArm } from '../compare/arms.ts'
import { shortNumber } from './format.ts'
import { armLines, type Section } from './section.ts'

/** What the policies of clients did: their counts, the highest that something was, and whom they asked besides the target. */
export function policySection(result: Result): Section {
  const { deadLetters } = result
  return {
    title: 'what client policies did',
    lines: [
      ...armLines(result, policyLines),
      ...(deadLetters ? [`calls given up and kept: ${shortNumber(deadLetters.count)} in ${deadLetters.file}`] : []),
    ],
  }
}

function policyLines({ arm }: PlacedArm): string[] {
  const peaks = countsOf(arm.policyPeaks)
  return [
    ...countsOf(arm.policyCounters),
    ...(peaks.length > 0 ? [`at most at once: ${peaks.join()}`] : []),
    ...Object.entries(arm.others).flatMap(otherLines),
  ]
}

/** One line of what is not 0, or none. */
function countsOf(counts: Readonly<Record<string, number>>): string[] {
  const shown = Object.entries(counts).filter(([, count]) => count !== 0)
  return shown.length === 0 ? [] : [shown.map(([name, count]) => `${name} ${shortNumber(count)}`).join(', ')]
}

function otherLines([name, { attempts, errors }]: [string, ResultArm['others'][string]]): string[] {
  const { count, failed, cancelled } = attempts
  if (count === 0) return []
  const failures = failed > 0 ? [`${shortNumber(failed)} failed (${countsOf(errors).join()})`] : []
  const ended = cancelled > 0 ? [`${shortNumber(cancelled)} cancelled`] : []
  return [[`${shortNumber(count)} attempts went to ${name}`, ...failures, ...ended].join(', ')]
}
