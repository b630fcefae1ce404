/** A delay uniform in [delay - jitter, delay + jitter], never below 0; `draw` gives a number in [0, 1), where one is needed. */
export function uniformDelayNs(delayNs: number, jitterNs: number, draw: () => number): number {
  return jitterNs === 0 ? delayNs : Math.max(0, delayNs + (2 * draw() - 1) * jitterNs)
}

/** The share of such delays that are over 0. */
export function lateShare(delayNs: number, jitterNs: number): number {
  if (jitterNs <= delayNs) return delayNs > 0 ? 1 : 0
  return (delayNs + jitterNs) / (2 * jitterNs)
}
