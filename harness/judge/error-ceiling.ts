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

/** How failures lie among slices. */
export function sumsOfSlices(slices: readonly ErrorCounts[]): PartSums {
  return slices.reduce((all, { ok, failed }) => withPart(all, failed, ok + failed), noParts)
}

/**
 * Holds a ceiling of the error rate against a whole. What is above it breaks it where the lower 99 % bound (Clopper and
 * Pearson 1934) is above it, too: that is what so many operations come to by chance, each by itself. That failures came
 * together excuses none of them: in a short run one event that fails half of it and a target that fails half of the time
 * look alike, and the ceiling is on what failed. What is above and does not break is neither kept nor broken; how much more
 * its failures vary among `partsOf`, its slices or windows, than by chance is told there, and decides nothing.
 */
export function holdErrorCeiling(
  scope: string,
  { ok: good, failed }: ErrorCounts,
  limit: number,
  partsOf: () => PartSums,
): Limit {
  const ended = good + failed
  const actual = ended === 0 ? null : significant(failed / ended)
  const held = { kind: 'ceiling', scope, expr: `error rate <= ${limit}`, actual, limit } as const
  if (actual === null || actual <= limit) return { ...held, ok: actual !== null }
  const lower = significant(clopperPearsonLower(failed, ended, ceilingAlpha))
  if (lower > limit) return { ...held, ok: false }
  const effect = designEffectOf(partsOf())
  const together = effect > 1 ? `, and failures came together (design effect ${effect.toPrecision(3)})` : ''
  return { ...held, ok: false, why: `chance may be why: its lower 99 % bound is ${lower}${together}` }
}
