import type { ResultReference } from '../archive/reference.ts'
import type { Result } from '../archive/result.ts'
import type { ReferenceComparison } from '../judge/reference/comparison.ts'
import { type EstimandKind, type EstimandMetric, estimandChange } from '../judge/reference/estimand.ts'
import { nothing } from './format.ts'
import type { Section, SectionTable } from './section.ts'

/** The title of what a run came to beside former ones; a reviewer must not have to unfold it. */
export const referenceTitle = 'beside former results (the reference)'

const titles: Readonly<Record<EstimandKind, string>> = {
  speed: 'speed: the target beside the yardstick',
  resources: 'what the target takes, on the same kind of host',
  fragility: 'fragility: policies relative to their baselines',
}

/** What a run came to beside its reference; none of a run that was compared with nothing. */
export function referenceSection({ reference }: Result): Section {
  const { comparisons, verdict, leftOut } = reference
  if (verdict === null) return { title: referenceTitle, lines: [] }
  return {
    title: referenceTitle,
    lines: [
      referenceText(reference),
      ...reference.results.map(({ id, file }) => `${id}: ${file}`),
      ...(reference.history ?? []).map(({ id, file }) => `by how much nights differ: ${id}: ${file}`),
      ...leftOut.map(({ file, why }) => `left out: ${file}: ${why}`),
      ...reference.notCompared.map(({ what, why }) => `not compared: ${what}, ${why}`),
    ],
    table: comparisonTable(comparisons),
  }
}

/** What a run was compared with, and what came of it. */
export function referenceText({ kind, results, verdict, why }: ResultReference): string {
  const [newest] = results
  const several = results.length === 1 ? '1 result' : `${results.length} results`
  const what = kind === 'median' ? `the median of ${several}` : `${kind} ${newest?.id ?? ''}`
  if (verdict === null) return `differences to ${newest?.id ?? 'nothing'} decide nothing`
  return `beside ${what}: ${verdict}${why === null ? '' : `, ${why}`}`
}

/** Comparisons of one kind or of all, for people. */
export function comparisonTable(comparisons: readonly ReferenceComparison[]): SectionTable {
  return {
    head: ['what', 'against', 'metric', 'worse by', '95 %', 'of results', 'verdict', 'would find'],
    rows: comparisons.map((one) => [
      one.scope,
      one.against ?? nothing,
      one.metric,
      estimandChange(one.metric, one.estimate),
      one.interval === null ? nothing : one.interval.map((end) => estimandChange(one.metric, end)).join(' to '),
      String(one.references),
      verdictText(one),
      changeOrNothing(one.metric, one.mde),
    ]),
    numeric: [3, 4, 5, 7],
  }
}

/** The same by their kinds, with a title each; none of what is empty. */
export function comparisonTables(
  comparisons: readonly ReferenceComparison[],
): readonly { readonly title: string; readonly table: SectionTable }[] {
  return (Object.keys(titles) as EstimandKind[]).flatMap((kind) => {
    const own = comparisons.filter((one) => one.kind === kind)
    return own.length === 0 ? [] : [{ title: titles[kind], table: comparisonTable(own) }]
  })
}

function verdictText({ verdict, gated, advisory, tainted }: ReferenceComparison): string {
  const doubtful = tainted.length > 0 ? ` (doubtful: ${tainted.join(', ')})` : ''
  if (advisory !== null) return `advisory: ${advisory}${doubtful}`
  return `${verdict}${gated && verdict !== 'notable' ? '' : ', fails nothing'}${doubtful}`
}

function changeOrNothing(metric: EstimandMetric, change: number | null): string {
  return change === null ? nothing : estimandChange(metric, change)
}
