import { significant } from '../../kernel/units.ts'
import { leastPersistence } from './bound.ts'
import type { Course } from './course.ts'
import type { EnvelopePoint } from './envelope.ts'
import { placesOf } from './trend.ts'

/** Time constants of a warm-up that both courses may begin with, as shares of the run; null: without one. */
const warmups = [null, ...Array.from({ length: 31 }, (_, at) => 0.006 * 1.12 ** at)]
/** Time constants of what fills, as shares of the run; when more of it is left to come, it cannot be told from a leak. */
const fillings = [0.25, 0.33, 0.42, 0.5, 0.6, 0.72]
/** When a cache whose hits follow a power law has filled by 1 / e for the first time, as shares of the run. */
const beginnings = [0.003, 0.006, 0.0125, 0.025, 0.05, 0.08]
/** When a cache is full that filled evenly until then, as shares of the run. */
const filled = [0.45, 0.55, 0.65, 0.75]
/** The variance of what is told in whole numbers: what fits better than that fits no better. */
const leastVariance = 1 / 12

/** What two curves have to have of their own. */
const leastOwn = 1e-9

type Curve = (place: number) => number

const filling = (share: number, place: number): number => 1 - Math.exp(-place / share)
const lasting: readonly Curve[] = [(place) => place]
const decaying: readonly Curve[] = [
  ...fillings.map((share) => filling.bind(null, share)),
  ...beginnings.map((share) => (place: number) => Math.log1p(place / share)),
  ...filled.map((share) => (place: number) => Math.min(place, share)),
]

/** Whether what grew in a run is to be taken for growth that goes on, in as far as so long a run can tell. */
export function goesOn({ all, minutes }: Pick<Course, 'all' | 'minutes'>): boolean {
  return significant(persistenceOf(all)) >= leastPersistence(minutes)
}

/**
 * How much better a whole run is explained by growth that goes on than by growth that decays: the logarithm of the ratio of
 * the least sums of squares, below 0 where what decays explains it better. What goes on is a straight line; what decays fills
 * as an exponential, as a logarithm, or evenly until it is full; either may have a warm-up before it. A share that the last
 * part must have of the one before it tells the same, and far less surely. Nothing is told of less points than a course has
 * parameters: 0.
 */
export function persistenceOf(points: readonly EnvelopePoint[]): number {
  if (points.length <= 4) return 0
  const places = placesOf(points)
  const [first, last] = [places[0] ?? 0, places.at(-1) ?? 0]
  if (last <= first) return 0
  const shares = places.map((place) => (place - first) / (last - first))
  const levels = points.map(({ level }) => level)
  const least = points.length * leastVariance
  return Math.log((leastSquares(shares, levels, decaying) + least) / (leastSquares(shares, levels, lasting) + least))
}

/** The least sum of squares that is left of the levels by one of the curves, with a warm-up or without; nothing of them falls. */
function leastSquares(shares: readonly number[], levels: readonly number[], curves: readonly Curve[]): number {
  const left = centred(levels)
  const columns = curves.map((curve) => centred(shares.map(curve)))
  const sums = warmups.flatMap((share) => {
    const warm = share === null ? null : centred(shares.map((place) => filling(share, place)))
    return columns.map((column) => leftBy(left, column, warm))
  })
  return Math.max(0, Math.min(product(left, left), ...sums))
}

/** What is left by a column and a warm-up, in squares; infinite where one of them would have to fall. */
function leftBy(levels: readonly number[], column: readonly number[], warm: readonly number[] | null): number {
  const [own, found] = [product(column, column), product(levels, column)]
  if (warm === null) return found < 0 ? Infinity : product(levels, levels) - found ** 2 / own
  const [both, warmth, warmed] = [product(column, warm), product(warm, warm), product(levels, warm)]
  const determinant = own * warmth - both ** 2
  // The two are one.
  if (determinant <= leastOwn * own * warmth) return Infinity
  const growth = (found * warmth - warmed * both) / determinant
  const warmup = (warmed * own - found * both) / determinant
  return growth < 0 || warmup < 0 ? Infinity : product(levels, levels) - growth * found - warmup * warmed
}

function centred(values: readonly number[]): readonly number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return values.map((value) => value - mean)
}

function product(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] as number), 0)
}
