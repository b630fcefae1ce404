import { type Doubt, doubt } from '../measure/doubts.ts'

/** A former night in which the gate of a profile and mode came to no answer. */
export interface UnclearNight {
  /** Of the run that stands for the night. */
  readonly id: string
  /** The day on which it began, in UTC, `yyyy-mm-dd`. */
  readonly night: string
}

/** So many nights before this one without an answer make it the third. */
export const nightsBefore = 2

/** That a gate has come to no answer in this night and in those before: waiting for the next one will not help. */
export function nightDoubts(nights: readonly UnclearNight[]): readonly Doubt[] {
  if (nights.length < nightsBefore) return []
  const before = nights.map(({ night, id }) => `${night} (${id})`).join(' and ')
  const text = `no answer for the third night running, after ${before}: the gate needs more rounds, or a quieter machine`
  return [doubt('gate-unclear-again', text, ['comparisons'])]
}
