import { falseDiscoveryRates } from '../judge/stats/multiplicity.ts'
import { significant } from '../kernel/units.ts'
import { leastAfter, type LevelChange, levelsOf } from './history/levels.ts'
import type { Night, NightFigure } from './history/night.ts'

/** Which history was asked for. */
export interface HistoryWish {
  readonly profile: string
  readonly mode: string
  /** In ISO 8601; changes of before are known already. */
  readonly since: string | null
}

/**
 * What a change of a figure calls for: an alarm; to wait for more results after it (`recent`); nothing, since it may be chance
 * among so many figures (`unsure`), is for the better, has come back since (`recovered`), or was before `since` (`known`).
 */
export type ChangeState = 'alarm' | 'recent' | 'unsure' | 'better' | 'recovered' | 'known'

/** A lasting change of a figure. */
export interface HistoryChange {
  readonly state: ChangeState
  /** In the list of results; the first one of the new level. */
  readonly night: number
  readonly id: string
  readonly startedAt: string
  readonly gitSha: string | null
  /** Means of the levels before and after. */
  readonly before: number
  readonly after: number
  /** New level over the old one; null where there is none, as of differences. */
  readonly ratio: number | null
  /** Results that have the new level. */
  readonly results: number
  /** Chance of such a change anywhere in a series without one. */
  readonly p: number
  /** The share of wrong ones among all that are as clear, over all figures; of alarms among alarms. */
  readonly falseDiscoveryRate: number
}

/** One figure over all results. */
export interface HistorySeries extends Pick<NightFigure, 'scope' | 'metric' | 'unit' | 'better'> {
  /** In the order of the results; null where a result has none. */
  readonly values: readonly (number | null)[]
  readonly changes: readonly HistoryChange[]
  /** Results that were away from their level, and came back: single outliers, or a few in a row. */
  readonly excursions: readonly { readonly from: number; readonly to: number }[]
}

/** What the archived results of a profile and mode tell of its figures over time. */
export interface History {
  readonly schema: 'soakrig/history@0'
  readonly profile: string
  readonly mode: string
  readonly since: string | null
  /** Oldest first; all of the same stages, settings and host as the newest. */
  readonly results: readonly Omit<Night, 'figures' | 'family'>[]
  readonly leftOut: readonly { readonly file: string; readonly why: string }[]
  readonly series: readonly HistorySeries[]
  readonly alarms: number
}

/** With fewer results there is nothing to tell. */
export const leastResults = 2 * leastAfter

/** So many of the alarms may be wrong, and of all changes that are not unsure. */
const wrongRate = 0.05

/** A change of a series before it is known what it calls for. */
interface Candidate {
  readonly series: number
  readonly change: LevelChange
  /** Null where it can be an alarm. */
  readonly excused: Exclude<ChangeState, 'alarm' | 'unsure'> | null
}

/**
 * Looks for lasting changes in every figure of the results, oldest first. Alarms are the changes for the worse that at least
 * three results of the new level confirm, that no later one has taken back, and of which over all figures at most one in twenty is chance
 * (Benjamini and Hochberg).
 */
export function historyOf(wish: HistoryWish, nights: readonly Night[], leftOut: History['leftOut'] = []): History {
  const tables = tablesOf(nights)
  const levels = tables.map(({ values }) => levelsOf(values.filter((value) => value !== null)))
  const candidates = levels.flatMap(({ changes }, series) =>
    changes.map((change, at): Candidate => {
      const table = tables[series] as Table
      return { series, change, excused: excuseOf(change, changes.slice(at), table, nights, wish.since) }
    }),
  )
  const rates = ratesOf(candidates, tables.length)
  const series = tables.map((table, index): HistorySeries => {
    const { figure, values, places } = table
    const { scope, metric, unit, better } = figure
    const changes = candidates.flatMap((candidate, at) =>
      candidate.series === index ? [shown(candidate, rates[at] ?? 1, table, nights)] : [],
    )
    const excursions = (levels[index]?.excursions ?? []).map(({ from, to }) => ({
      from: places[from] as number,
      to: places[to] as number,
    }))
    return { scope, metric, unit, better, values, changes, excursions }
  })
  const alarms = series.flatMap(({ changes }) => changes).filter(({ state }) => state === 'alarm').length
  const results = nights.map(({ id, file, startedAt, verdict, gitSha }) => ({ id, file, startedAt, verdict, gitSha }))
  return { schema: 'soakrig/history@0', ...wish, results, leftOut, series, alarms }
}

/** A figure with its values over the results, and which results have one. */
interface Table {
  readonly figure: NightFigure
  readonly values: readonly (number | null)[]
  readonly places: readonly number[]
}

function tablesOf(nights: readonly Night[]): readonly Table[] {
  const found = new Map<string, { readonly figure: NightFigure; readonly values: (number | null)[] }>()
  for (const [night, { figures }] of nights.entries()) {
    for (const figure of figures) {
      const key = JSON.stringify([figure.scope, figure.metric, figure.unit])
      const row = found.get(key) ?? { figure, values: nights.map(() => null) }
      row.values[night] = figure.value
      found.set(key, row)
    }
  }
  return [...found.values()].map(({ figure, values }) => ({
    figure,
    values,
    places: values.flatMap((value, night) => (value === null ? [] : [night])),
  }))
}

/** Why a change is no alarm whatever its p; `later` begins with the change itself. */
function excuseOf(
  { index, before, after, confirmed }: LevelChange,
  later: readonly LevelChange[],
  { figure, places }: Table,
  nights: readonly Night[],
  since: string | null,
): Candidate['excused'] {
  const worse = figure.better === 'less' ? 1 : -1
  if (worse * (after - before) <= 0) return 'better'
  const now = later.at(-1)?.after ?? after
  if (worse * (now - (before + after) / 2) <= 0) return 'recovered'
  const startedAt = nights[places[index] as number]?.startedAt ?? ''
  if (since !== null && Date.parse(startedAt) < Date.parse(since)) return 'known'
  return confirmed < leastAfter ? 'recent' : null
}

/** The false-discovery rate of each candidate: of those in question for an alarm among themselves, of others among all. */
function ratesOf(candidates: readonly Candidate[], figures: number): readonly number[] {
  const withOne = new Set(candidates.map(({ series }) => series)).size
  // A figure without a change is one that was looked at all the same.
  const others = Array.from({ length: figures - withOne }, () => 1)
  const all = falseDiscoveryRates([...candidates.map(({ change }) => change.chosenP), ...others])
  const asked = candidates.map(({ change, excused }) => (excused === null ? change.chosenP : 1))
  const alarming = falseDiscoveryRates([...asked, ...others])
  return candidates.map(({ excused }, at) => (excused === null ? alarming[at] : all[at]) ?? 1)
}

function shown(
  { change, excused }: Candidate,
  falseDiscoveryRate: number,
  { figure, places }: Table,
  nights: readonly Night[],
): HistoryChange {
  const night = places[change.index] as number
  const { id, startedAt, gitSha } = nights[night] as Night
  return {
    state: falseDiscoveryRate > wrongRate ? 'unsure' : (excused ?? 'alarm'),
    night,
    id,
    startedAt,
    gitSha,
    before: significant(change.before),
    after: significant(change.after),
    ratio: ratioOf(figure, change),
    results: change.results,
    p: significant(change.chosenP),
    falseDiscoveryRate: significant(falseDiscoveryRate),
  }
}

function ratioOf({ unit }: NightFigure, { before, after }: LevelChange): number | null {
  if (unit === 'log ratio') return significant(Math.exp(after - before))
  if (unit === 'difference of shares') return null
  return before > 0 && after >= 0 ? significant(after / before) : null
}
