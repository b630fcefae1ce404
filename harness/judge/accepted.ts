import { significant } from '../kernel/units.ts'
import type { PolicyCost } from '../profile/cost.ts'
import type { MetricName } from './paired/metrics.ts'

/** By how much a policy may be worse in each metric, in the unit of its differences; what is not there may not be worse. */
export type Accepted = Readonly<Partial<Record<MetricName, number>>>

/**
 * What a policy's cost allows, in logarithms of ratios and shares. In a closed loop a client that gets less done waits
 * longer by the same factor (Little 1961, Operations Research 9:383), so that throughput given up is latency accepted.
 */
export function acceptedOf({ throughput, latency, errors }: PolicyCost): Accepted {
  const lost = -Math.log1p(-throughput)
  const waited = latency === null ? lost : Math.log1p(latency)
  const all = { throughput: lost, p50: waited, p95: waited, p99: waited, errors }
  return Object.fromEntries(
    Object.entries(all).flatMap(([metric, size]) => (size > 0 ? [[metric, significant(size)]] : [])),
  )
}
