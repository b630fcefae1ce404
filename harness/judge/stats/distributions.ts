import { incompleteBeta, logGamma } from '../../measure/binomial.ts'

/** P(Z <= z) of the standard normal distribution; in the lower tail good to 3e-13 of itself. */
export function normalCdf(z: number): number {
  return z > 0 ? 1 - 0.5 * erfc(z / Math.SQRT2) : 0.5 * erfc(-z / Math.SQRT2)
}

/**
 * The complementary error function of x >= 0: the series of Abramowitz and Stegun (1964) 7.1.6 for the small, where it loses
 * nothing, the continued fraction 7.1.14 for the large.
 */
function erfc(x: number): number {
  if (x < 1.5) {
    let term = (2 / Math.sqrt(Math.PI)) * x * Math.exp(-x * x)
    let sum = term
    for (let k = 1; term > 1e-17 * sum; k++) {
      term *= (x * x) / (k + 0.5)
      sum += term
    }
    return 1 - sum
  }
  let fraction = x
  // As many terms as doubles need, found by trying.
  for (let k = Math.ceil(10 + 180 / x ** 2); k > 0; k--) fraction = x + k / 2 / fraction
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction
}

/** The z with P(Z <= z) = p, for p in (0, 1). */
export function normalQuantile(p: number): number {
  return p > 0.5 ? -normalQuantile(1 - p) : quantileOf(normalCdf, p, -40, 0)
}

/** P(T <= t) of Student's distribution with so many degrees of freedom. */
export function studentCdf(t: number, freedom: number): number {
  const tail = 0.5 * incompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5)
  return t > 0 ? 1 - tail : tail
}

/** The t with P(T <= t) = p of Student's distribution, for p in (0, 1); freedom need not be a whole number. */
export function studentQuantile(p: number, freedom: number): number {
  if (p < 0.5) return -studentQuantile(1 - p, freedom)
  return quantileOf((t) => studentCdf(t, freedom), p, 0, 1e6)
}

/** P(|T| >= |t|) of Student's distribution with so many degrees of freedom. */
export function studentTwoSided(t: number, freedom: number): number {
  return incompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5)
}

/**
 * How many standard deviations above the mean of `count` normal values their distribution ends that holds a share `content`
 * of what will come, with this confidence: the one-sided tolerance factor, as the quantile of the non-central t
 * distribution (Owen 1968, Technometrics 10:445). Good to 1e-9 of itself from three values on, to 1e-6 of two at a
 * confidence of 95 %.
 */
export function toleranceFactor(count: number, content = 0.99, confidence = 0.95): number {
  const shift = normalQuantile(content) * Math.sqrt(count)
  const spread = spreadOf(count - 1)
  // P(T <= t) of the non-central t distribution, over the standard deviation that T divides by.
  const atMost = (t: number): number =>
    spread.reduce((sum, { deviation, chance }) => sum + chance * normalCdf(t * deviation - shift), 0)
  return quantileOf(atMost, confidence, 0, 1e4) / Math.sqrt(count)
}

/** The distribution of a standard deviation about 1 with so many degrees of freedom, in the points of Simpson's rule. */
function spreadOf(freedom: number): readonly { readonly deviation: number; readonly chance: number }[] {
  const logScale = (1 - freedom / 2) * Math.LN2 + (freedom / 2) * Math.log(freedom) - logGamma(freedom / 2)
  const density = (s: number): number => Math.exp(logScale - (freedom * s * s) / 2) * s ** (freedom - 1)
  const width = 9 / Math.sqrt(2 * freedom)
  const from = Math.max(0, 1 - width)
  const steps = 2000
  const step = (1 + width - from) / steps
  return Array.from({ length: steps + 1 }, (_, index) => {
    const weight = index === 0 || index === steps ? 1 : index % 2 === 1 ? 4 : 2
    const deviation = from + index * step
    return { deviation, chance: (weight * step * density(deviation)) / 3 }
  })
}

/** Where a growing function reaches a value, by bisection. */
function quantileOf(atMost: (x: number) => number, p: number, from: number, to: number): number {
  let [lo, hi] = [from, to]
  for (let index = 0; index < 100 && hi - lo > 1e-14 * Math.max(1, Math.abs(lo)); index++) {
    const middle = (lo + hi) / 2
    if (atMost(middle) < p) lo = middle
    else hi = middle
  }
  return (lo + hi) / 2
}
