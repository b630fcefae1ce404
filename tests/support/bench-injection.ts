/** Percentiles of a build's latency, in ms. */
export interface Latencies {
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

/** How much more CPU an answer must take, in µs, for a process that is busy all the time to answer 5 % fewer of them. */
export function addedCpuUs(perSecond: number): number {
  return Math.round((1e6 / perSecond) * (1 / 0.95 - 1) * 10) / 10
}

/**
 * How long a share of the answers must wait, in µs, for p99 to grow by a factor: with F the distribution of the latency
 * without it, the d for which share * (1 - F(t - d)) + (1 - share) * (1 - F(t)) is 1 % at t = factor * p99. Between the
 * percentiles, and beyond them, the logarithm of 1 - F is taken for straight.
 */
export function addedTailUs(latencies: Latencies, share: number, factor: number): number {
  const t = factor * latencies.p99
  const rest = (0.01 - (1 - share) * survival(latencies, t)) / share
  let [low, high] = [0, t]
  for (let step = 0; step < 60; step++) {
    const delay = (low + high) / 2
    if (survival(latencies, t - delay) < rest) low = delay
    else high = delay
  }
  return Math.round(high * 1000)
}

function survival({ p50, p95, p99 }: Latencies, ms: number): number {
  const between = (fromMs: number, from: number, toMs: number, to: number): number =>
    Math.exp(Math.log(from) + ((ms - fromMs) / (toMs - fromMs)) * Math.log(to / from))
  return Math.min(1, ms < p95 ? between(p50, 0.5, p95, 0.05) : between(p95, 0.05, p99, 0.01))
}
