import { type ChangePoint, changePointsOf, usualChangePoints } from '../../judge/stats/change-points.ts'
import { quantileOf } from '../../judge/stats/median.ts'
import { studentTest } from '../../judge/stats/student.ts'

/** A lasting change of a series. */
export interface LevelChange extends ChangePoint {
  /**
   * Chance of a change as clear as this at any place of a series that has none: p times the places at which it could have
   * been found (Bonferroni), since the place was chosen by it.
   */
  readonly chosenP: number
  /** How many values have the new level, until the next change. */
  readonly results: number
  /** How many of them lie nearer to the new level than to the old one. */
  readonly confirmed: number
}

/** From and to which value, itself included, a series was away from its level. */
export interface Excursion {
  readonly from: number
  readonly to: number
}

/** What a series has come to. */
export interface Levels {
  /** In ascending order; `index` counts all values. */
  readonly changes: readonly LevelChange[]
  /** Temporary ones, with single outliers among them. They are left out of the levels. */
  readonly excursions: readonly Excursion[]
}

/** A level is told by so many values at least, the one before a change as the one after it. */
export const leastAfter = 3
/** Quartiles of fewer values tell no outlier. */
const leastForFence = 8

/**
 * The lasting changes of a series. Change points are looked for twice: where the level came back, the time between was an
 * excursion, and together with lonely outliers it is taken out before the second time, as Akinshin (2021) does it.
 */
export function levelsOf(values: readonly number[]): Levels {
  const first = boundsOf(values, changePointsOf(values))
  // What a series begins with is no level before it has been seen often enough, and a change from it is none.
  const late = first.length > 2 && (first[1] as number) < leastAfter
  const bounds = late ? first.slice(1) : first
  const returned = [...(late ? [{ from: 0, to: (first[1] as number) - 1 }] : []), ...temporaries(values, bounds)]
  const away = new Set(returned.flatMap(({ from, to }) => indexes(from, to + 1)))
  const lonely = outliers(values, away, bounds)
  for (const index of lonely) away.add(index)
  const kept = indexes(0, values.length).filter((index) => !away.has(index))
  const rest = kept.map((index) => values[index] as number)
  const second = seenBefore(changePointsOf(rest))
  const levels = boundsOf(rest, second)
  return {
    changes: second.map((change, at) => {
      const level = rest.slice(change.index, levels[at + 2])
      const { before, after, p } = studentTest(rest.slice(levels[at], change.index), level, 1)
      const chosenP = Math.min(1, p * (rest.length - 1))
      const middle = (before + after) / 2
      const confirmed = level.filter((value) => value > middle === after > before).length
      return { index: kept[change.index] as number, before, after, p, chosenP, results: level.length, confirmed }
    }),
    excursions: [...returned, ...lonely.map((index) => ({ from: index, to: index }))].toSorted(
      (a, b) => a.from - b.from,
    ),
  }
}

/** The changes from levels that have values enough; another one goes on from the level before it. */
function seenBefore(changes: readonly ChangePoint[]): readonly ChangePoint[] {
  const seen: ChangePoint[] = []
  for (const change of changes) if (change.index - (seen.at(-1)?.index ?? 0) >= leastAfter) seen.push(change)
  return seen
}

/** Where levels begin, and the end of the last one. */
function boundsOf(values: readonly number[], changes: readonly ChangePoint[]): readonly number[] {
  return [0, ...changes.map(({ index }) => index), values.length]
}

/** Stretches between change points after which the values were again what they had been before, and no longer than that. */
function temporaries(values: readonly number[], bounds: readonly number[]): Excursion[] {
  const found: Excursion[] = []
  let at = 1
  while (at < bounds.length - 2) {
    const back = indexes(at + 1, bounds.length - 1).find((end) => isTemporary(values, bounds, at, end))
    if (back === undefined) at++
    else {
      found.push({ from: bounds[at] as number, to: (bounds[back] as number) - 1 })
      // What follows is the level of before, from which the next excursion may start.
      at = back + 1
    }
  }
  return found
}

function isTemporary(values: readonly number[], bounds: readonly number[], at: number, back: number): boolean {
  const before = values.slice(bounds[at - 1], bounds[at])
  const meanwhile = values.slice(bounds[at], bounds[back])
  const after = values.slice(bounds[back], bounds[back + 1])
  if (after.length < leastAfter || meanwhile.length > before.length) return false
  const [was, away, is] = [before, meanwhile, after].map(mean) as [number, number, number]
  const { p } = studentTest(before, after, 1)
  return p >= usualChangePoints.maxPValue && Math.abs(is - was) < Math.abs(away - was) / 2
}

/**
 * Single values far outside the others of their level: beyond three times the range of the middle half from its ends (Tukey
 * 1977), while those beside them are not.
 */
function outliers(values: readonly number[], away: ReadonlySet<number>, bounds: readonly number[]): number[] {
  const far = new Set(
    bounds.slice(1).flatMap((end, at) => {
      const level = indexes(bounds[at] as number, end).filter((index) => !away.has(index))
      if (level.length < leastForFence) return []
      const sorted = level.map((index) => values[index] as number).toSorted((a, b) => a - b)
      const [low, high] = [quantileOf(sorted, 0.25), quantileOf(sorted, 0.75)]
      const beyond = 3 * (high - low)
      return level.filter((index) => {
        const value = values[index] as number
        return value < low - beyond || value > high + beyond
      })
    }),
  )
  return [...far].filter((index) => !far.has(index - 1) && !far.has(index + 1))
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function indexes(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, at) => from + at)
}
