import { significant } from '../../kernel/units.ts'
import { type Doubt, doubt } from '../../measure/doubts.ts'
import { correctedMannKendall } from '../stats/mann-kendall.ts'
import { slopeBound } from './bound.ts'
import type { MemoryTerms } from './budget.ts'
import { type Course, courseOf, type MemoryCase, seenSamples, type SeenMemory } from './course.ts'
import { goesOn } from './persistence.ts'
import type { MemoryKind } from './series.ts'
import { type Trend, trendOf } from './trend.ts'

/** Whether a target leaks; amounts are KiB, or numbers of files or threads. */
export interface MemoryAnswer {
  readonly verdict: 'pass' | 'fail' | 'inconclusive' | 'void'
  /** Why, in a sentence. */
  readonly reason: string
  /** Null where there is too little to fit a line to. */
  readonly trend: Trend | null
  /** How many points there were to fit a line to. */
  readonly points: number
  /** What the slope per minute was held to; null where nothing was read. */
  readonly bound: number | null
  /** The warm-up that the trend leaves out. */
  readonly cutSeconds: number
  /** From when on the target looks steady; null where that is later than half of it, if at all. */
  readonly steadySeconds: number | null
  /** What the slope adds up to over the service interval. */
  readonly projected: number | null
  readonly peak: number | null
  /** One-sided, for a rise, corrected for autocorrelation. Reported: nothing rests on it. */
  readonly mannKendallP: number | null
  readonly doubts: readonly Doubt[]
}

/** A slope up to this part of the bound is none, and each half of a leak has more. */
const clearly = 0.5
/** How much nearer the one-sided bound of 95 % is than the ends of the two-sided interval: 1.645 / 1.96. */
const oneSided = 0.839
/** A pass leaves no room for a slope of more than so many bounds. */
const mostHidden = 1.5

/**
 * Decides whether a target leaks. It fails by a sample above the ceiling; and by a slope of its lower envelope after the
 * warm-up that is above the bound and above what noise may come to, that would grow by more than the budget in the service
 * interval, and that goes on: in either half of what comes after the first third, and by the course of the whole run, which
 * growth that decays would not explain as well. What fills comes to a level. Up to half of the bound passes. Nothing passes
 * of which too little was seen.
 */
export function decideMemory(run: MemoryCase): MemoryAnswer {
  return decideSeen(seenSamples(run), run)
}

/** The same of what was seen, however it was kept. */
export function decideSeen(seen: SeenMemory, terms: MemoryTerms): MemoryAnswer {
  const course = courseOf(seen)
  const run = { ...terms, kind: seen.kind }
  const { points, minutes, cutSeconds, steadySeconds, peak } = course
  const trend = points.length >= course.leastPoints ? rounded(trendOf(points, course.halves)) : null
  const bound = minutes > 0 ? significant(slopeBound(run.kind, minutes, run.calibration)) : null
  const { doubts, ...conclusion } = conclude(run, course, trend, bound)
  return {
    ...conclusion,
    trend,
    points: points.length,
    bound,
    cutSeconds: significant(cutSeconds),
    steadySeconds: steadySeconds && significant(steadySeconds),
    projected: trend && projectedBy(run, trend.slope),
    peak,
    mannKendallP: trend && significant(correctedMannKendall(points.map(({ level }) => level)).p),
    doubts: [...doubts, ...course.doubts, ...calibrationDoubts(run)],
  }
}

function rounded({ slope, lower, upper, parts, perRequest }: Trend): Trend {
  return {
    slope: significant(slope),
    lower: significant(lower),
    upper: significant(upper),
    parts: parts.map((part) => significant(part)),
    perRequest: perRequest && significant(perRequest),
  }
}

type Terms = MemoryTerms & { readonly kind: MemoryKind }
type Conclusion = Pick<MemoryAnswer, 'verdict' | 'reason' | 'doubts'>

function conclude(run: Terms, course: Course, trend: Trend | null, bound: number | null): Conclusion {
  const { peak, points, leastPoints } = course
  if (peak === null) return unread(run.kind)
  if (run.ceiling !== null && peak > run.ceiling)
    return { verdict: 'fail', reason: `${peak} was reached, the ceiling is ${run.ceiling}`, doubts: [] }
  if (!trend || bound === null) {
    const text = `found ${points.length} points after the warm-up and without faults, allowed: ${leastPoints} to fit a line to`
    return undecided('inconclusive', doubt('samples-missing', text, [run.kind]))
  }
  if (isLeak(run, course, trend, bound))
    return { verdict: 'fail', reason: `it grows by ${trend.slope} per minute, ${bound} is allowed`, doubts: [] }
  const unclear = doubtOf(run, course, trend, bound) ?? course.doubts.find(({ effect }) => effect === 'inconclusive')
  if (unclear)
    return { ...undecided('inconclusive', unclear), doubts: course.doubts.includes(unclear) ? [] : [unclear] }
  return { verdict: 'pass', reason: `it grows by ${trend.slope} per minute, ${bound} is allowed`, doubts: [] }
}

/** Memory is judged wherever it has a ceiling; files and threads only here. */
function unread(kind: MemoryKind): Conclusion {
  const isMemory = kind === 'rss' || kind === 'heap'
  const why = doubt(isMemory ? 'memory-unreadable' : 'samples-missing', 'no sample could be read', [kind])
  return undecided(isMemory ? 'void' : 'inconclusive', why)
}

function undecided(verdict: MemoryAnswer['verdict'], why: Doubt): Conclusion {
  return { verdict, reason: why.detail, doubts: [why] }
}

function projectedBy({ serviceHours }: Terms, perMinute: number): number {
  return significant(perMinute * serviceHours * 60)
}

function isLeak(run: Terms, course: Course, { slope, lower, parts }: Trend, bound: number): boolean {
  // Where noise is larger than the bound, it is what the halves are held to.
  const held = Math.max(bound, oneSided * (slope - lower))
  const grows = slope > held && Math.min(...parts) > clearly * held && projectedBy(run, slope) > run.budget
  return grows && goesOn(course)
}

/** What keeps a run that does not fail from passing; null for nothing. */
function doubtOf(run: Terms, { steadySeconds, points }: Course, { slope, upper }: Trend, bound: number): Doubt | null {
  if (projectedBy(run, upper) <= run.budget) return null
  if (steadySeconds === null && upper > clearly * bound)
    return doubt('no-steady-state', 'it had not come to a level in the first half of the run', [run.kind])
  if (slope > clearly * bound)
    return doubt('trend-unclear', `it grows by ${slope} per minute: too near to ${bound}, or less and less`, [run.kind])
  const hidden = significant(Math.min(upper, rangeOf(points)))
  if (hidden > mostHidden * bound)
    return doubt('trend-unclear', `it may grow by up to ${hidden} per minute, ${bound} is allowed`, [run.kind])
  return null
}

/**
 * The slope per minute of all that the points lie apart, from the first to the last of them. What hides a steeper one would
 * have to fall while it rises, and as far: a single step makes the interval of a line as wide as if it might.
 */
function rangeOf(points: Course['points']): number {
  const levels = points.map(({ level }) => level)
  const minutes = ((points.at(-1)?.seconds ?? 0) - (points[0]?.seconds ?? 0)) / 60
  return (Math.max(...levels) - Math.min(...levels)) / minutes
}

function calibrationDoubts({ calibration, kind }: Terms): readonly Doubt[] {
  if (calibration) return []
  return [doubt('uncalibrated', 'no calibration: the standard bounds hold', [kind])]
}
