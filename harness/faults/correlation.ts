import { normalCdf, normalQuantile } from './normal.ts'

/** Terms of the expansion; what they leave out counts as the last of them. */
const terms = 40
/** The normal distribution is added up over [-8, 8] in these steps. */
const step = 1 / 64

/**
 * How strongly normal numbers must hang together so that values of any distribution that are made of them do so as asked:
 * the rho for which g(Z1) and g(Z2) have the asked correlation, where Z1 and Z2 are standard normal with correlation rho and
 * g(z) = quantile(cdf(z)). By the Hermite expansion of g the correlation is the sum of a_k^2 rho^k over the variance (Mehler's
 * formula), which grows with rho. For uniform values this is 2 sin(pi · asked / 6). `asked` is in [0, 1).
 */
export function normalCorrelation(asked: number, quantile: (share: number) => number): number {
  const weights = hermiteWeights((z) => quantile(normalCdf(z)))
  let lo = 0
  let hi = 1
  for (let i = 0; i < 50; i++) {
    const middle = (lo + hi) / 2
    if (polynomial(weights, middle) < asked) lo = middle
    else hi = middle
  }
  return (lo + hi) / 2
}

/** The share of the variance of g(Z) in each power of rho, from the first on; they add up to 1. */
function hermiteWeights(g: (z: number) => number): number[] {
  const sums = Array.from({ length: terms + 1 }, () => 0)
  let square = 0
  for (let z = -8; z <= 8; z += step) {
    const value = g(z)
    const mass = (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * step
    square += value * value * mass
    let before = 0
    let polynomialOfZ = 1
    for (let k = 0; k <= terms; k++) {
      sums[k] = (sums[k] ?? 0) + value * polynomialOfZ * mass
      const after = (z * polynomialOfZ - Math.sqrt(k) * before) / Math.sqrt(k + 1)
      before = polynomialOfZ
      polynomialOfZ = after
    }
  }
  const [mean = 0, ...rest] = sums
  const variance = square - mean * mean
  const weights = rest.map((sum) => (sum * sum) / variance)
  weights[terms - 1] = (weights[terms - 1] ?? 0) + 1 - weights.reduce((sum, weight) => sum + weight, 0)
  return weights
}

function polynomial(weights: readonly number[], rho: number): number {
  return rho * weights.reduceRight((sum, weight) => sum * rho + weight, 0)
}

/**
 * Turns independent uniform numbers into uniform ones of which neighbours hang together: through a Gaussian first-order
 * autoregression z_n = rho z_(n-1) + sqrt(1 - rho²) e_n, so that each by itself stays uniform (netem's mixing does not).
 */
export function autoregression(rho: number): (share: number) => number {
  let z: number | null = null
  return (share) => {
    const e = normalQuantile(Math.max(share, Number.EPSILON))
    z = z === null ? e : rho * z + Math.sqrt(1 - rho * rho) * e
    return normalCdf(z)
  }
}
