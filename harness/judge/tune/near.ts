import { clopperPearsonLower, clopperPearsonUpper } from '../../measure/binomial.ts'
import type { Threshold } from '../../profile/threshold.ts'
import { type Limit, type LimitedFigures } from '../limits.ts'

/** A figure is near its limit where the two differ by no more than this factor. */
const nearFactor = 1.2
/** Of an error rate: where its limit is in the interval of so much confidence. */
const confidence = 0.95
/** Of a count: where the two are so many of its standard deviations apart, or less. */
const deviations = 2

/** Whether a figure lay so near its limit that the next trial may decide otherwise. */
export function isNear(
  { metric, aggregate }: Pick<Threshold, 'metric' | 'aggregate'>,
  { actual, limit }: Pick<Limit, 'actual' | 'limit'>,
  { failed, ended, degraded }: Pick<LimitedFigures, 'failed' | 'ended' | 'degraded'>,
): boolean {
  if (actual === null || limit === null) return false
  if (aggregate === 'count') return Math.abs(actual - limit) <= deviations * Math.sqrt(Math.max(actual, limit, 1))
  if (metric === 'errors' || metric === 'degraded') {
    const hits = metric === 'errors' ? failed : (degraded ?? 0)
    const alpha = (1 - confidence) / 2
    return clopperPearsonLower(hits, ended, alpha) <= limit && limit <= clopperPearsonUpper(hits, ended, alpha)
  }
  if (actual <= 0 || limit <= 0) return false
  return Math.max(actual / limit, limit / actual) <= nearFactor
}
