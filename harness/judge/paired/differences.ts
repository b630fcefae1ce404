import { significant } from '../../kernel/units.ts'
import { medianOf, type Weighted, trimmedMeanOf } from '../stats/median.ts'
import { type MetricName, type PairedMetric, pairedMetrics } from './metrics.ts'
import type { PairedSlice, Pairing, Round } from './slice.ts'

/** How two groups of arms differed in one metric, round by round. */
export interface Differences {
  /** One per round that has both, positive for worse: the logarithm of a ratio, or a difference of shares; 6 digits. */
  readonly values: readonly number[]
  /** The same with nothing cut off, so that what happens in few slices counts too. */
  readonly uncut: readonly number[]
  /** Rounds in which one of the two has no figure. */
  readonly missing: number
  /** The mean over rounds of either figure, for people; null where there is none. */
  readonly base: number | null
  readonly value: number | null
}

/** Those of rounds of which only their differences are known. */
export function knownDifferences(values: readonly number[]): Differences {
  return { values, uncut: values, missing: 0, base: null, value: null }
}

/** By so many slices further apart, two of them count less by a factor of e: noise that lasts a while is in both. */
const neighbourhood = 2

/**
 * Compares two groups of arms per round, which is what repeats independently: slices of one round share its processes, and
 * requests of one slice share even more. The difference in a round is the mean over all pairs of a slice of the one with a
 * slice of the other, near pairs counting most, so that it is 0 on average whatever order chance has given them: exactly
 * with as many slices of either, and with twice as many of one to a twentieth of its own spread. Of latencies it is the mean of the middle
 * pairs: a stall of the machine is all of the p99 of its slice, and would be most of the round's mean. Beside the difference of
 * the means this takes up to a third off the standard deviation where noise comes in bursts, and adds a twentieth to that
 * of latencies where a sample's own error is all there is (`tests/bench/verdicts.ts --only noise`). Of what processes hold it is the
 * difference of the means over processes, each by what it came to at the end of the round.
 */
export function differencesOf(rounds: readonly Round[], { arms, baseArms }: Pairing, name: MetricName): Differences {
  const metric = pairedMetrics[name]
  const figures = rounds.map(({ slices }) => ({
    values: taken(slices, arms, metric),
    bases: metric.scale === 'difference' || served(slices, baseArms) ? taken(slices, baseArms, metric) : [],
  }))
  const both = figures.filter(({ values, bases }) => values.length > 0 && bases.length > 0)
  const differences = both.map(({ values, bases }) => differencesIn(metric, values, bases))
  const middles = (cut: number): readonly number[] =>
    differences.map((own) => significant(metric.worse * trimmedMeanOf(own, cut)))
  return {
    values: middles(metric.cut),
    uncut: middles(0),
    missing: rounds.length - both.length,
    base: shown(
      metric,
      both.map(({ bases }) => mean(bases.map(({ value }) => value))),
    ),
    value: shown(
      metric,
      both.map(({ values }) => mean(values.map(({ value }) => value))),
    ),
  }
}

/**
 * Whether a base got anything done in a round: nothing can be a ratio of one that did not, or two dead arms would pass as
 * equals.
 */
function served(slices: readonly PairedSlice[], arms: readonly string[]): boolean {
  return slices.some(({ arm, ok }) => ok > 0 && arms.includes(arm))
}

/** The figure of a slice, and where in the round's order it lies. */
interface Placed {
  readonly at: number
  readonly value: number
}

function placed(
  slices: readonly PairedSlice[],
  arms: readonly string[],
  { scale, of }: PairedMetric,
): readonly Placed[] {
  const found: Placed[] = []
  for (const [at, slice] of slices.entries()) {
    const figure = arms.includes(slice.arm) ? of(slice) : null
    if (figure === null) continue
    const value = scale === 'ratio' ? Math.log(figure) : figure
    if (Number.isFinite(value)) found.push({ at, value })
  }
  return found
}

/** What counts of a round. */
function taken(slices: readonly PairedSlice[], arms: readonly string[], metric: PairedMetric): readonly Placed[] {
  if (metric.taken === 'each') return placed(slices, arms, metric)
  return arms.flatMap((arm) => {
    const own = placed(slices, [arm], metric)
    const last = own.slice(-Math.ceil(own.length / 4))
    return last.length === 0 ? [] : [{ at: last.at(-1)?.at ?? 0, value: medianOf(last.map(({ value }) => value)) }]
  })
}

/** Processes of which one holds less than this more than the other hold the same: a page more or less of a small one is not a tenth. */
const sameKb = 2 * 1024

/** The differences of a round, of which a metric takes the middle. */
function differencesIn(
  { taken: how }: PairedMetric,
  values: readonly Placed[],
  bases: readonly Placed[],
): readonly Weighted[] {
  if (how === 'each') return pairsOf(values, bases)
  const [value, base] = [values, bases].map((own) => mean(own.map((one) => one.value))) as [number, number]
  return [{ value: Math.abs(Math.exp(value) - Math.exp(base)) < sameKb ? 0 : value - base, weight: 1 }]
}

const nearnesses: number[] = []

/** How much two slices count that lie so many apart; kept, since it is asked for at every pair of them. */
function nearness(apart: number): number {
  return (nearnesses[apart] ??= Math.exp(-apart / neighbourhood))
}

function pairsOf(values: readonly Placed[], bases: readonly Placed[]): readonly Weighted[] {
  return values.flatMap((value) =>
    bases.map((base) => ({ value: value.value - base.value, weight: nearness(Math.abs(value.at - base.at)) })),
  )
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function shown({ scale }: PairedMetric, figures: readonly number[]): number | null {
  if (figures.length === 0) return null
  return significant(scale === 'ratio' ? Math.exp(mean(figures)) : mean(figures))
}
