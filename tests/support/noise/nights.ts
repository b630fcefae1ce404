import type { Rng } from '../../../harness/kernel/rng.ts'

/** What nights differ by, with a standard deviation of 1 unless it says otherwise. */
export type Shape = (rng: Rng) => () => number

const normal: Shape = (rng) => () => Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next())

/** Student's distribution with so many degrees of freedom, brought to a standard deviation of 1. */
const student =
  (freedom: number): Shape =>
  (rng) => {
    const draw = normal(rng)
    return () => {
      const squares = Array.from({ length: freedom }, () => draw() ** 2).reduce((sum, square) => sum + square, 0)
      return draw() / Math.sqrt(squares / (freedom - 2))
    }
  }

/** Normal, but for a share of figures that differ so many times more. */
const mixed =
  (share: number, times: number): Shape =>
  (rng) => {
    const draw = normal(rng)
    return () => (rng.next() < share ? times : 1) * draw()
  }

/** As an exponential distribution: a neighbour takes time from some nights, and gives none. */
const skewed: Shape = (rng) => () => -Math.log(1 - rng.next()) - 1

/** Distributions of what a figure of one build differs by from night to night. */
export const shapes = {
  normal,
  'Student, 4 degrees': student(4),
  'one in twenty, 3 times': mixed(0.05, 3),
  'some nights slow': skewed,
  'bad nights': mixed(0.1, 5),
} as const satisfies Readonly<Record<string, Shape>>
