import type { Rng } from '../../kernel/rng.ts'

/** Draws from the exponential distribution of mean 1, by inversion (Devroye 1986, "Non-Uniform Random Variate Generation", II.2). */
export function drawExponential(rng: Rng): number {
  return -Math.log1p(-rng.next())
}
