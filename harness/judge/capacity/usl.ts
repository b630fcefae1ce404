import { significant } from '../../kernel/units.ts'

/** What was got done with so many closed loops. */
export interface LoadPoint {
  readonly loops: number
  /** Good operations. */
  readonly perSecond: number
}

/**
 * The universal scalability law X(N) = g N / (1 + a (N - 1) + b N (N - 1)) (Gunther 2007, Guerrilla Capacity Planning):
 * N loops get X operations per second done, each of them slowed down by waiting for what only one can have (a) and by
 * agreeing with the others (b).
 */
export interface UslFit {
  /** g: operations per second of a loop that is alone. */
  readonly perLoop: number
  /** a */
  readonly contention: number
  /** b */
  readonly coherency: number
  /** sqrt((1 - a) / b), at least 1: more loops than this get less done. Null where b is 0, and more never get less done. */
  readonly peakLoops: number | null
  /** X at the peak, or what X comes near to without ever reaching it; null where neither a nor b limits it. */
  readonly peakPerSecond: number | null
  /** Share of the variance of X that the law explains; null where X does not vary. */
  readonly rSquared: number | null
  /** Root mean square of how far the law is off X, as a share of X. */
  readonly error: number
}

/** A fit, or why there is none. */
export type UslAnswer = { readonly fit: UslFit } | { readonly refused: string }

const leastLoads = 6
/** A law that is off by more than this on average does not describe what was measured. */
const mostError = 0.1

/**
 * Fits the law: g from the two lowest loads, then a and b by non-negative least squares of g N / X - 1 = a (N - 1) + b N (N - 1).
 * Loads are distinct and in ascending order.
 */
export function fitUsl(points: readonly LoadPoint[]): UslAnswer {
  const [first, second] = points
  if (!first || !second || points.length < leastLoads)
    return { refused: `found ${points.length} numbers of loops, needed: ${leastLoads}` }
  const idle = points.find(({ perSecond }) => perSecond <= 0)
  if (idle) return { refused: `nothing got done with ${idle.loops} loops` }
  const perLoop = loneLoop(first, second)
  if (perLoop === null)
    return {
      refused: `throughput falls so fast from ${first.loops} to ${second.loops} loops that one alone cannot be told`,
    }
  const rows = points.map(({ loops, perSecond }) => ({
    contention: loops - 1,
    coherency: loops * (loops - 1),
    slowdown: (perLoop * loops) / perSecond - 1,
  }))
  const [contention, coherency] = nonNegativeFit(rows)
  const law = (loops: number): number =>
    (perLoop * loops) / (1 + contention * (loops - 1) + coherency * loops * (loops - 1))
  const peakLoops = coherency === 0 ? null : Math.max(1, Math.sqrt(Math.max(0, 1 - contention) / coherency))
  const fit = {
    perLoop: significant(perLoop),
    contention: significant(contention),
    coherency: significant(coherency),
    peakLoops: rounded(peakLoops),
    peakPerSecond: rounded(peakLoops === null ? limitOf(perLoop, contention) : law(peakLoops)),
    rSquared: explained(points, law),
    error: share(errorOf(points, law)),
  }
  if (fit.error <= mostError) return { fit }
  return { refused: `the law is off by ${Math.round(100 * fit.error)} % on average, allowed: ${100 * mostError} %` }
}

/** N / X goes up in a line at first: where that line is at N = 1. Null where it is at or below 0 there. */
function loneLoop(first: LoadPoint, second: LoadPoint): number | null {
  const [low, high] = [first, second].map(({ loops, perSecond }) => loops / perSecond) as [number, number]
  const perOperation = low - ((high - low) * (first.loops - 1)) / (second.loops - first.loops)
  return perOperation > 0 ? 1 / perOperation : null
}

interface UslRow {
  readonly contention: number
  readonly coherency: number
  readonly slowdown: number
}

/**
 * The least squares solution of two unknowns neither of which is negative (Lawson and Hanson 1974, Solving Least Squares
 * Problems, 23): that without the constraint where it keeps it, else the better one of those where one unknown is 0.
 */
function nonNegativeFit(rows: readonly UslRow[]): readonly [contention: number, coherency: number] {
  const sum = (of: (row: UslRow) => number): number => rows.reduce((total, row) => total + of(row), 0)
  const aa = sum(({ contention }) => contention ** 2)
  const ab = sum(({ contention, coherency }) => contention * coherency)
  const bb = sum(({ coherency }) => coherency ** 2)
  const ay = sum(({ contention, slowdown }) => contention * slowdown)
  const by = sum(({ coherency, slowdown }) => coherency * slowdown)
  const determinant = aa * bb - ab * ab
  const [contention, coherency] = [(ay * bb - by * ab) / determinant, (by * aa - ay * ab) / determinant]
  if (contention >= 0 && coherency >= 0) return [contention, coherency]
  const [alone, other] = [Math.max(0, ay / aa), Math.max(0, by / bb)]
  // What each takes off the sum of squares.
  return alone * (2 * ay - alone * aa) >= other * (2 * by - other * bb) ? [alone, 0] : [0, other]
}

/** Where X ends without coherency: Amdahl's law. */
function limitOf(perLoop: number, contention: number): number | null {
  return contention === 0 ? null : perLoop / contention
}

function explained(points: readonly LoadPoint[], law: (loops: number) => number): number | null {
  const mean = points.reduce((sum, { perSecond }) => sum + perSecond, 0) / points.length
  const all = points.reduce((sum, { perSecond }) => sum + (perSecond - mean) ** 2, 0)
  const left = points.reduce((sum, { loops, perSecond }) => sum + (perSecond - law(loops)) ** 2, 0)
  return all === 0 ? null : share(1 - left / all)
}

function errorOf(points: readonly LoadPoint[], law: (loops: number) => number): number {
  const squares = points.map(({ loops, perSecond }) => (law(loops) / perSecond - 1) ** 2)
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length)
}

/** To a millionth: what is below it in a perfect fit is the noise of arithmetic. */
function share(value: number): number {
  return Number(value.toFixed(6))
}

function rounded(value: number | null): number | null {
  return value === null ? null : significant(value)
}
