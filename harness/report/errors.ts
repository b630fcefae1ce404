import type { Result, ResultArm } from '../archive/result.ts'
import { printable, shortNumber } from './format.ts'
import { armLines, type Section, sourceArm } from './section.ts'

/** Texts shown of the arm that the figures are of, and of each other one. */
const mostTexts = { source: 10, others: 2 }

/** What went wrong: by class and in words of the arm that the figures are of, in words of the others. */
export function errorsSection(result: Result): Section {
  const source = sourceArm(result)
  const lines = source ? [...classLines(source.arm), ...textLines(source.arm, mostTexts.source)] : []
  const others = armLines(result, ({ id, arm }) => (id === source?.id ? [] : textLines(arm, mostTexts.others)))
  return { title: 'errors', lines: [...lines, ...others] }
}

function classLines({ errors, attemptErrors, operations, all }: ResultArm): string[] {
  const failed = Object.values(errors).reduce((sum, count) => sum + count, 0)
  // Classes are counted over everything, the figures over the measured time.
  const more = failed === operations.failed ? '' : ', with those before and after the measured time'
  const [ofOperations, ofAttempts] = [byClass(errors), byClass(attemptErrors)]
  // What a policy's limit ends is cancelled, and fails the operation at most.
  const { cancelled } = all.attempts
  const ended = [
    ...(ofAttempts === '' || (ofAttempts === ofOperations && cancelled === 0)
      ? []
      : [`failed attempts: ${ofAttempts}`]),
    ...(cancelled === 0 ? [] : [`cancelled attempts: ${shortNumber(cancelled)}`]),
  ]
  return [
    ...(ofOperations === '' ? [] : [`failed operations${more}: ${ofOperations}`]),
    ...(ended.length === 0 ? [] : [ended.join('; ')]),
  ]
}

function byClass(counts: Readonly<Record<string, number>>): string {
  return commonest(counts)
    .map(([name, count]) => `${name} ${shortNumber(count)}`)
    .join(', ')
}

function textLines({ errorTexts }: ResultArm, most: number): string[] {
  const texts = commonest(errorTexts)
  const rest = texts.length - most
  return [
    ...texts.slice(0, most).map(([text, count]) => `${shortNumber(count)} × ${printable(text)}`),
    ...(rest > 0 ? [`further texts in the result file: ${rest}`] : []),
  ]
}

function commonest(counts: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .toSorted(([, a], [, b]) => b - a)
}
