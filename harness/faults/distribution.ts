import { normalQuantile } from './normal.ts'

/** How far the tails reach, in jitters: as far as netem's tables do. */
const reach = 4

const clipped = (jitters: number): number => Math.min(reach, Math.max(-reach, jitters))

/**
 * What jitter looks like: its quantile function, in units of the jitter J, with `share` in [0, 1).
 * - `uniform`: in [-J, J].
 * - `normal`: J is the standard deviation; cut at 4 J either way.
 * - `pareto`: netem's, of shape 3: ((1 - share)^(-1/3) - 1.5) · 4/3, cut at 4 J. Most values are a little early and few
 *   are very late: they lie in [-0.67 J, 4 J], with a median of -0.32 J, a mean of -0.03 J and a deviation of 0.82 J
 *   (without the cut 0 and 1.15 J).
 */
export const distributions = {
  uniform: (share: number): number => 2 * share - 1,
  normal: (share: number): number => clipped(normalQuantile(share)),
  pareto: (share: number): number => clipped(((1 - share) ** (-1 / 3) - 1.5) * (4 / 3)),
} as const satisfies Record<string, (share: number) => number>

export type DistributionName = keyof typeof distributions
export const distributionNames = Object.keys(distributions) as readonly DistributionName[]

/** The delay at a quantile of its distribution, in whole ns and never below 0. */
export function delayAt(
  {
    delayNs,
    jitterNs,
    distribution,
  }: { readonly delayNs: number; readonly jitterNs: number; readonly distribution: DistributionName },
  share: number,
): number {
  return Math.max(0, Math.round(delayNs + jitterNs * distributions[distribution](share)))
}
