import { normalCdf, normalQuantile } from '../../../harness/judge/stats/distributions.ts'
import type { Chance } from './chance.ts'

/** Standard deviation of the logarithm of a latency on a machine of one speed. */
const sigma = 0.5
/** What latency adds to the machine's slow-down: requests wait for each other. */
export const amplification = 2
/** Slow requests come in clusters of so many on average: pauses hit all that are on their way. */
const clusterSize = 2.6

/** How long the requests of a slice take. */
export interface LatencyShape {
  /** Logarithm of the median, in ms. */
  readonly logMedian: number
  /** Variance of the machine's slow-down within the slice. */
  readonly variance: number
  readonly count: number
}

/** Logarithms of sample quantiles in ms, and how many were slower than the threshold. */
export interface LatencyFigures {
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly slow: number
}

/** Standard normal quantile by table: as exact as a histogram of three digits, and much faster. */
const table = Float64Array.from({ length: 4097 }, (_, index) =>
  normalQuantile(Math.min(Math.max(index / 4096, 1e-5), 1 - 1e-5)),
)

function z(share: number): number {
  if (share < 0.001 || share > 0.999) return normalQuantile(Math.min(Math.max(share, 1e-12), 1 - 1e-12))
  const at = share * 4096
  const index = Math.floor(at)
  const from = table[index] ?? 0
  return from + (at - index) * ((table[index + 1] ?? 0) - from)
}

/**
 * Draws the quantiles of `count` lognormal latencies with the errors that a sample has, without drawing them all. From the
 * slowest down, clusters are a Poisson process: the share above falls by exponential steps of mean `clusterSize / count`,
 * and each cluster holds a geometric number of requests. The k-th slowest request has the latency of the cluster it falls
 * into; p99 and p95 of 800 are the 9th and the 41st. So their errors are those of independent requests times the root of
 * E[size²] / E[size] = 2 clusterSize - 1 = 5, which is what B3's standard deviations of p95 and p99 ask for. The median
 * is the order statistic of the rest: of independent requests. The half seconds of a slice are taken as one lognormal with
 * their mean and variance.
 */
export function drawLatency(
  chance: Chance,
  { logMedian, variance, count }: LatencyShape,
  threshold: number,
): LatencyFigures {
  const spread = Math.sqrt(sigma * sigma + amplification * amplification * variance)
  const beyond = 1 - normalCdf((threshold - logMedian) / spread)
  const rank95 = Math.floor(0.05 * count) + 1
  const rank99 = Math.floor(0.01 * count) + 1
  let [above, held, slow] = [0, 0, 0]
  let [share95, share99] = [0, 0]
  while (held < rank95 || above <= beyond) {
    above = Math.min(1, above + (chance.exponential() * clusterSize) / count)
    const size = Math.min(count - held, chance.geometric(1 / clusterSize))
    if (held < rank99 && held + size >= rank99) share99 = above
    if (held < rank95 && held + size >= rank95) share95 = above
    held += size
    if (above <= beyond) slow += size
    if (held >= count) break
  }
  const rest = Math.max(2, count - rank95)
  const middle = Math.min(rest, Math.max(1, Math.round(count / 2)))
  const share50 = (1 - share95) * chance.uniformOrder(middle, rest)
  const at = (share: number): number => logMedian + spread * z(share)
  return { p50: at(share50), p95: at(1 - share95), p99: at(1 - share99), slow }
}

/** The logarithm of the latency that 1 % of the requests exceed where the machine's slow-down is this. */
export function thresholdAt(slowdown: number): number {
  return amplification * slowdown + sigma * normalQuantile(0.99)
}

/** Latencies of single requests of a slice, in ms: for methods that take requests for what repeats. */
export function drawRequests(chance: Chance, { logMedian, variance, count }: LatencyShape): number[] {
  const spread = Math.sqrt(sigma * sigma + amplification * amplification * variance)
  return Array.from({ length: count }, () => Math.exp(logMedian + spread * chance.normal()))
}
