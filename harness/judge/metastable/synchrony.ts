/** How much attempts come at once. */
export interface Synchrony {
  /** Of the attempts in the bins: the most over the mean; 1 where they are even. */
  readonly peakToMean: number
  /** The highest autocorrelation in the range of lags that was looked at, and the lag at which it is; null where there is none. */
  readonly autocorrelation: number | null
  readonly lagNs: number | null
}

/**
 * The synchrony of attempts in bins of `binNs`. Retries that all wait equally long come in waves: the autocorrelation has a
 * peak at the wait. `aroundNs` is where it is looked for (half to one and a half times as long); null for any lag up to a
 * quarter of the time. Null where nothing was counted.
 */
export function synchronyOf(bins: readonly number[], binNs: number, aroundNs: number | null): Synchrony | null {
  const mean = bins.reduce((sum, count) => sum + count, 0) / bins.length
  if (!(mean > 0)) return null
  const quarter = Math.floor(bins.length / 4)
  const lags = aroundNs === null ? [1, quarter] : [0.5, 1.5].map((share) => Math.round((aroundNs * share) / binNs))
  const deviations = bins.map((count) => count - mean)
  let autocorrelation: number | null = null
  let lagNs: number | null = null
  for (let lag = Math.max(1, lags[0] as number); lag <= Math.min(quarter, lags[1] as number); lag++) {
    const found = correlation(deviations, lag)
    if (found === null || (autocorrelation !== null && found <= autocorrelation)) continue
    autocorrelation = found
    lagNs = lag * binNs
  }
  return { peakToMean: bins.reduce((most, count) => Math.max(most, count), 0) / mean, autocorrelation, lagNs }
}

/** The sample autocorrelation at a lag (Box and Jenkins 1976, 2.1.5); null of what does not vary. */
function correlation(deviations: readonly number[], lag: number): number | null {
  let same = 0
  let lagged = 0
  for (const [at, deviation] of deviations.entries()) {
    same += deviation * deviation
    lagged += deviation * (deviations[at + lag] ?? 0)
  }
  return same === 0 ? null : lagged / same
}
