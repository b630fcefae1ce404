import { type ErrorClass, failure, type Outcome } from './outcome.ts'

/**
 * Sums failures that were counted by class: of the classes for which `wanted` holds, where it is given. Of a status it is
 * not known which one it was: it is told as 0.
 */
export function failuresIn(
  errors: Readonly<Record<string, number>>,
  wanted: (outcome: Outcome) => boolean = () => true,
): number {
  const counted = Object.entries(errors).filter(([error]) => wanted(failure(error as ErrorClass)))
  return counted.reduce((sum, [, count]) => sum + count, 0)
}
