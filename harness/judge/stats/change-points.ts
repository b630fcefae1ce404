import { bestCut, type Cut } from './e-divisive.ts'
import { studentTest } from './student.ts'

/** A place in a series from which on its values have another level. */
export interface ChangePoint {
  /** Of the first value of the new level. */
  readonly index: number
  /** Mean since the change point before, or since the beginning. */
  readonly before: number
  /** Mean until the change point after, or until the end. */
  readonly after: number
  /** Chance of such a difference between the stretches by which it was kept, if the cut had not been chosen by it. */
  readonly p: number
}

/** How change points are looked for. */
export interface ChangePointSettings {
  /** So many values are looked at together; from 2 on. */
  readonly window: number
  /** A change point's p lies below it. */
  readonly maxPValue: number
  /** A change point's relative change, from either side, lies above it. */
  readonly minMagnitude: number
}

/** The standard settings of Apache Otava 0.8. */
export const usualChangePoints: ChangePointSettings = { window: 50, maxPValue: 0.001, minMagnitude: 0 }

/**
 * The change points of a series, in ascending order. Windows that overlap by half are cut where they differ most, as long as
 * Student's test finds the parts different at a weak level; what is weak is then taken away again, the weakest first.
 * Deterministic. Source: Fleming and others (2023), Hunter, ICPE '23:199, with the levels of Apache Otava 0.8.
 */
export function changePointsOf(
  values: readonly number[],
  { window, maxPValue, minMagnitude }: ChangePointSettings = usualChangePoints,
): readonly ChangePoint[] {
  return merged(values, weakCuts(values, window, weakLevel(maxPValue)), maxPValue, minMagnitude)
}

/** The level of the first pass: ten times the asked one, as far as that means anything. */
function weakLevel(maxPValue: number): number {
  if (maxPValue >= 0.5) return maxPValue
  return maxPValue * (maxPValue < 0.05 ? 10 : 2)
}

function weakCuts(values: readonly number[], window: number, level: number): readonly number[] {
  const found = new Set<number>()
  const step = Math.floor(window / 2)
  let start = 0
  while (start < values.length) {
    const cuts = cutsIn(values, start, Math.min(start + window, values.length), level)
    for (const cut of cuts) found.add(cut)
    start = Math.max(start + step, ...cuts)
  }
  return [...found].toSorted((a, b) => a - b)
}

/** A stretch of values with its best cut; null where it is too short for one. */
interface Stretch {
  readonly from: number
  readonly to: number
  readonly cut: Cut | null
}

/** Cuts a window at the most divergent place of all its stretches, until that one is not significant. */
function cutsIn(values: readonly number[], start: number, end: number, level: number): readonly number[] {
  const stretch = (from: number, to: number): Stretch => ({
    from,
    to,
    cut: to - from > 1 ? bestCut(values, from, to) : null,
  })
  let stretches = [stretch(start, end)]
  for (;;) {
    const next = stretches[highestOf(stretches.map(({ cut }) => cut?.divergence ?? -Infinity))]
    if (!next?.cut) break
    const { from, to, cut } = next
    if (changeAt(values, from, cut.index, to).p > level) break
    stretches = stretches.flatMap((one) => (one === next ? [stretch(from, cut.index), stretch(cut.index, to)] : [one]))
  }
  return stretches.slice(1).map(({ from }) => from)
}

/**
 * Takes away the least significant change point, then the smallest, until all are significant and large enough. As in Otava
 * the two that follow are tested anew, and the one before keeps the p of its former stretches: its published change points
 * come about in this way only.
 */
function merged(
  values: readonly number[],
  cuts: readonly number[],
  maxPValue: number,
  minMagnitude: number,
): readonly ChangePoint[] {
  const changes = [...between(values, cuts)]
  for (;;) {
    const weakest = weakestOf(changes, maxPValue, minMagnitude)
    if (weakest === -1) break
    changes.splice(weakest, 1)
    const anew = between(
      values,
      changes.map(({ index }) => index),
      [weakest, weakest + 1],
    )
    changes.splice(weakest, anew.length, ...anew)
  }
  const levels = between(
    values,
    changes.map(({ index }) => index),
  )
  return levels.map((level, at) => ({ ...level, p: changes[at]?.p ?? 1 }))
}

/** The changes at the cuts, or at those of the given places only, each between its neighbours. */
function between(
  values: readonly number[],
  cuts: readonly number[],
  places: readonly number[] = [...cuts.keys()],
): readonly ChangePoint[] {
  return places.flatMap((at) => {
    const cut = cuts[at]
    return cut === undefined ? [] : [changeAt(values, cuts[at - 1] ?? 0, cut, cuts[at + 1] ?? values.length)]
  })
}

function weakestOf(changes: readonly ChangePoint[], maxPValue: number, minMagnitude: number): number {
  const unlikely = highestOf(changes.map(({ p }) => p))
  if ((changes[unlikely]?.p ?? 0) >= maxPValue) return unlikely
  const small = highestOf(changes.map((change) => -magnitude(change)))
  const change = changes[small]
  return change && magnitude(change) <= minMagnitude ? small : -1
}

/** Where the largest of the figures is; of equals the first, -1 of none. */
function highestOf(figures: readonly number[]): number {
  return figures.reduce((best, figure, at) => (best === -1 || figure > (figures[best] as number) ? at : best), -1)
}

/** The larger of the relative changes from either side; one from 0 counts as none. */
function magnitude({ before, after }: ChangePoint): number {
  const relative = (from: number, to: number): number => (from === 0 ? 0 : Math.abs(to / from - 1))
  return Math.max(relative(before, after), relative(after, before))
}

/**
 * The change at a cut of values[from..to). As Otava has it the deviations are those of the values at hand, divided by their
 * number and not by one less: a little too small in short stretches.
 */
function changeAt(values: readonly number[], from: number, cut: number, to: number): ChangePoint {
  return { index: cut, ...studentTest(values.slice(from, cut), values.slice(cut, to), 0) }
}
