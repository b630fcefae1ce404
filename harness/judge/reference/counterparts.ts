import { leavesFigures } from '../../measure/doubt-reach.ts'
import { type Estimand, estimandKey, type EstimandName } from './estimand.ts'

/** The same figure in former runs. */
export interface Counterparts {
  /** In those that it is held against. */
  readonly references: readonly Estimand[]
  /** In those that tell by how much nights differ. */
  readonly nights: readonly Estimand[]
}

/** What a figure is called: `throughput of policy.retry/client-direct`. */
export function nameOf({ metric, scope, against }: Omit<EstimandName, 'kind'>): string {
  return `${metric} of ${scope}${against === null ? '' : ` against ${against}`}`
}

/** Finds a figure in former runs; where no others tell by how much nights differ, the references do. */
export function formerFigures(
  references: readonly (readonly Estimand[])[],
  history: readonly (readonly Estimand[])[] | null,
): (estimand: Estimand) => Counterparts {
  const keyed = (runs: readonly (readonly Estimand[])[]): readonly ReadonlyMap<string, Estimand>[] =>
    runs.map((one) => new Map(one.map((estimand) => [estimandKey(estimand), estimand])))
  const held = keyed(references)
  const nights = history === null ? held : keyed(history)
  return (estimand) => {
    const key = estimandKey(estimand)
    return { references: held.flatMap((of) => of.get(key) ?? []), nights: nights.flatMap((of) => of.get(key) ?? []) }
  }
}

/** Of them those under the same doubts, as far as these are of the figure itself. */
export function alikeOf(own: Estimand, { references, nights }: Counterparts): Counterparts {
  const isAlike = (one: Estimand): boolean => taintsOf(one).join() === taintsOf(own).join()
  return { references: references.filter(isAlike), nights: nights.filter(isAlike) }
}

/** Files from before name also doubts that leave the figure sound. */
function taintsOf({ tainted }: Estimand): readonly string[] {
  return tainted.filter((kind) => !leavesFigures(kind))
}

/** Why a figure is not compared, which former runs have so, and alike so; null where it is. */
export function whyNotCompared(
  own: Estimand,
  there: Counterparts,
  alike: Counterparts,
  sameHost: boolean,
): string | null {
  if (there.references.length === 0) return 'not measured in the reference'
  if (own.against === null && !sameHost) return 'measured on different hosts'
  return alike.references.length > 0 ? null : whyUnlike(own, there, alike)
}

/** That doubts set a figure apart from too many of its counterparts. */
export function whyUnlike(own: Estimand, there: Counterparts, alike: Counterparts): string {
  const taints = taintsOf(own)
  const { nights } = there
  if (alike.references.length > 0) {
    const like = `${alike.nights.length} of ${nights.length} results`
    return taints.length === 0 ? `not doubtful in ${like} only` : `doubtful (${taints.join(', ')}), as in ${like} only`
  }
  return taints.length === 0
    ? 'doubtful in the reference'
    : `doubtful (${taints.join(', ')}), and not so in the reference`
}

/** The figures that former runs have and a run has not, in their order: what it did not measure must not be taken for good. */
export function missingIn(own: readonly Estimand[], references: readonly (readonly Estimand[])[]): readonly Estimand[] {
  const known = new Set(own.map(estimandKey))
  const others = new Map(references.flat().map((estimand) => [estimandKey(estimand), estimand]))
  return [...others].filter(([key]) => !known.has(key)).map(([, estimand]) => estimand)
}
