import { significant } from '../kernel/units.ts'
import { clopperPearsonLower } from '../measure/binomial.ts'
import type { Limit } from './limits.ts'
import { designEffectOf, noParts, type PartSums, withPart } from './stats/design-effect.ts'

/** How many operations succeeded and failed. */
interface ErrorCounts {
  readonly ok: number
  readonly failed: number
}

/** One-sided error of a whole that breaks a ceiling; all windows of a run together have the same. */
const ceilingAlpha = 0.01

/** Of a schedule as many operations may be in flight as it allows, which is far more than there are. */
const mostTogether = 100

/** How failures lie among slices. */
export function sumsOfSlices(slices: readonly ErrorCounts[]): PartSums {
  return slices.reduce((all, { ok, failed }) => withPart(all, failed, ok + failed), noParts)
}

/**
 * Holds a ceiling of the error rate against a whole. What is above it breaks it where chance cannot be why: where the lower
 * 99 % bound (Clopper and Pearson 1934) is above it, too. Failures that come together count as fewer there, by the design
 * effect of `partsOf`, the slices or windows of the whole; by no more than the users that there were at once: one event fails
 * what is in flight, and what goes on failing is more than one. What is above and does not break is neither kept nor broken.
 */
export function holdErrorCeiling(
  scope: string,
  { ok: good, failed }: ErrorCounts,
  limit: number,
  { partsOf, users }: { readonly partsOf: () => PartSums; readonly users: number },
): Limit {
  const ended = good + failed
  const actual = ended === 0 ? null : significant(failed / ended)
  const held = { kind: 'ceiling', scope, expr: `error rate <= ${limit}`, actual, limit } as const
  if (actual === null || actual <= limit) return { ...held, ok: actual !== null }
  const effect = Math.min(designEffectOf(partsOf()), Math.max(1, Math.min(users, mostTogether)))
  const lower = significant(clopperPearsonLower(failed / effect, ended / effect, ceilingAlpha))
  if (lower > limit) return { ...held, ok: false }
  const together = effect > 1 ? `, since failures came together (design effect ${effect.toPrecision(3)})` : ''
  return { ...held, ok: false, why: `chance may be why: its lower 99 % bound is ${lower}${together}` }
}
