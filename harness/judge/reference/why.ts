import type { NotCompared, ReferenceAnswer, ReferenceCase } from './case.ts'
import type { Tested } from './comparison.ts'
import { nameOf } from './counterparts.ts'
import { type Estimand, estimandKey, type EstimandKind, type EstimandName, mostInFamily } from './estimand.ts'

/** A figure that might have failed a run, had the run and its references both measured it. */
export interface Undecided {
  readonly figure: EstimandName
  readonly why: string
}

/** What became of the figures of a run. */
interface Figures {
  readonly tested: readonly Tested[]
  /** What might have failed the run, were it not one too many. */
  readonly beyond: readonly Estimand[]
  readonly undecided: readonly Undecided[]
  readonly notCompared: readonly NotCompared[]
}

/** The figures of a kind that may fail a run. */
const words: Readonly<Record<EstimandKind, string>> = { speed: 'speed', resources: 'memory', fragility: 'policies' }

/** Why nothing was decided of a run, or not all of what may fail it; null where all was. */
export function whyOf(verdict: ReferenceAnswer['verdict'], run: ReferenceCase, figures: Figures): string | null {
  const lacking = [...Map.groupBy(figures.undecided, ({ why }) => why)].map(
    ([why, own]) => `nothing is decided of ${own.map(({ figure }) => shortName(figure)).join(', ')}: ${why}`,
  )
  if (verdict === 'undecided') return [whyUndecided(run, figures), ...lacking].join('; ')
  const { tested, beyond } = figures
  const open = tested.filter(({ inFamily, advisory }) => inFamily && advisory !== null)
  const texts = [
    ...[...Map.groupBy(open, ({ advisory }) => advisory ?? '')].map(([why, own]) => {
      const kinds = new Set(own.map((one) => words[one.own.kind]))
      return `nothing is decided of ${[...kinds].join(' and ')}: ${why}`
    }),
    ...lacking,
    ...(beyond.length === 0
      ? []
      : [`nothing is decided of ${beyond.map(shortName).join(', ')}: a run is held to ${mostInFamily} figures`]),
  ]
  return texts.length === 0 ? null : texts.join('; ')
}

/** The one figure of a policy that may fail a run is its throughput. */
function shortName(figure: EstimandName): string {
  return figure.kind === 'fragility' ? figure.scope : nameOf(figure)
}

function whyUndecided({ advisory, own, references }: ReferenceCase, { tested, notCompared }: Figures): string {
  const [why] = advisory === null ? tested.flatMap((one) => one.advisory ?? []) : [advisory]
  if (why !== undefined) return why
  if (own.length === 0) return 'the run has no figure that runs are compared by'
  if (references.length === 0) return 'there is nothing to compare with'
  const former = new Set(references.flat().map(estimandKey))
  const [first] = own.some((one) => former.has(estimandKey(one))) && tested.length === 0 ? notCompared : []
  if (first) return `nothing is compared: ${first.what}, ${first.why}`
  return tested.length === 0 ? 'they have no figure in common' : 'they have no figure in common that may fail a run'
}
