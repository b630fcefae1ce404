import { type Estimand, estimandKey } from './estimand.ts'

/** What a figure is called: `throughput of policy.retry/client-direct`. */
export function nameOf({ metric, scope, against }: Pick<Estimand, 'metric' | 'scope' | 'against'>): string {
  return `${metric} of ${scope}${against === null ? '' : ` against ${against}`}`
}

/** Why a figure is not compared, of which so many references have the like, and so many with the same doubts; else null. */
export function whyNotCompared(
  { against, tainted }: Estimand,
  there: number,
  alike: number,
  sameHost: boolean,
): string | null {
  if (there === 0) return 'not measured in the reference'
  if (against === null && !sameHost) return 'measured on different hosts'
  if (alike > 0) return null
  return tainted.length === 0
    ? 'doubtful in the reference'
    : `doubtful (${tainted.join(', ')}), and not so in the reference`
}

/** The figures that former runs have and a run has not, in their order: what it did not measure must not be taken for good. */
export function onlyInReferences(
  own: readonly Estimand[],
  references: readonly (readonly Estimand[])[],
): readonly { readonly what: string; readonly why: string }[] {
  const known = new Set(own.map(estimandKey))
  const others = new Map(references.flat().map((estimand) => [estimandKey(estimand), estimand]))
  return [...others]
    .filter(([key]) => !known.has(key))
    .map(([, estimand]) => ({ what: nameOf(estimand), why: 'measured in the reference only' }))
}
