/**
 * Exact binomial intervals through the regularised incomplete beta function
 * (continued fraction of Numerical Recipes 6.4, modified Lentz; log-gamma after Lanczos, g = 7, n = 9).
 */

const lanczos = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
]

/** The natural logarithm of the gamma function of a positive number, to about 1e-14 of itself. */
export function logGamma(x: number): number {
  const y = x - 1
  const t = y + 7.5
  let sum = lanczos[0] ?? 0
  for (let i = 1; i < lanczos.length; i++) sum += (lanczos[i] ?? 0) / (y + i)
  return 0.5 * Math.log(2 * Math.PI) + (y + 0.5) * Math.log(t) - t + Math.log(sum)
}

function betaContinuedFraction(a: number, b: number, x: number): number {
  const tiny = 1e-300
  let c = 1
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1), tiny)
  let result = d
  for (let m = 1; m <= 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / nonZero(1 + even * d, tiny)
    c = nonZero(1 + even / c, tiny)
    result *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / nonZero(1 + odd * d, tiny)
    c = nonZero(1 + odd / c, tiny)
    const step = d * c
    result *= step
    if (Math.abs(step - 1) < 1e-14) break
  }
  return result
}

function nonZero(value: number, tiny: number): number {
  return Math.abs(value) < tiny ? tiny : value
}

/** The regularised incomplete beta function I_x(a, b), for x in [0, 1] and positive a, b. */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x))
  return x < (a + 1) / (a + b + 2)
    ? (front * betaContinuedFraction(a, b, x)) / a
    : 1 - (front * betaContinuedFraction(b, a, 1 - x)) / b
}

/** The x with I_x(a, b) = p, by bisection. */
function inverseBeta(p: number, a: number, b: number): number {
  let lo = 0
  let hi = 1
  for (let i = 0; i < 200 && hi - lo > 1e-15; i++) {
    const mid = (lo + hi) / 2
    if (incompleteBeta(mid, a, b) < p) lo = mid
    else hi = mid
  }
  return (lo + hi) / 2
}

/** One-sided lower confidence bound of a share (Clopper and Pearson 1934), e.g. alpha 0.01 for 99 %. */
export function clopperPearsonLower(hits: number, trials: number, alpha: number): number {
  return hits <= 0 ? 0 : inverseBeta(alpha, hits, trials - hits + 1)
}

/** One-sided upper confidence bound of a share (Clopper and Pearson 1934). */
export function clopperPearsonUpper(hits: number, trials: number, alpha: number): number {
  return hits >= trials ? 1 : inverseBeta(1 - alpha, hits + 1, trials - hits)
}

/** P(X <= hits) for X binomial with `trials` and `share`. */
export function binomialCdf(hits: number, trials: number, share: number): number {
  if (hits < 0) return 0
  return hits >= trials ? 1 : 1 - incompleteBeta(share, hits + 1, trials - hits)
}

/**
 * The shares hits/trials that a true `share` produces with all but `alpha` of probability, alpha/2 cut from either
 * side; [0, 1] when there were no trials.
 */
export function binomialBand(trials: number, share: number, alpha: number): readonly [number, number] {
  if (trials === 0) return [0, 1]
  const quantile = (p: number): number => {
    let lo = 0
    let hi = trials
    while (lo < hi) {
      const mid = Math.floor((lo + hi) / 2)
      if (binomialCdf(mid, trials, share) >= p) hi = mid
      else lo = mid + 1
    }
    return lo
  }
  return [quantile(alpha / 2) / trials, quantile(1 - alpha / 2) / trials]
}
