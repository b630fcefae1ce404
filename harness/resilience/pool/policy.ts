import { effectOf } from '../../measure/effect.ts'
import type { PolicyMember } from '../policy.ts'
import { poolCounters, poolPeaks } from './counts.ts'
import { Pool } from './pool.ts'
import { parsePool, poolProblems, poolSchema, type PoolSettings, poolWorkloadProblems } from './settings.ts'

/**
 * Attempts take their connections from a pool. It stands nowhere around operations: the drivers of the load make their
 * connections by it. An attempt whose turn does not come in time ends as `pool-timeout`; one that times out, fails or is
 * given up has its connection closed, and the next attempt has another. Pools are of one slice, counts of all of them.
 */
export const pool: PolicyMember<PoolSettings> = {
  keyword: 'pool',
  schema: poolSchema,
  problems: poolProblems,
  workloadProblems: poolWorkloadProblems,
  parse: parsePool,

  open(settings, { wheel, rng }) {
    const counters = poolCounters()
    const peaks = poolPeaks()
    let opened = 0
    return {
      kind: 'connections',
      counters,
      peaks,
      pool(port, connectTimeoutNs) {
        const limits = { ...settings, connectTimeoutNs, checkTimeoutNs: Number.POSITIVE_INFINITY }
        return new Pool({ limits, port, wheel, rng: rng.fork(opened++), counters, peaks })
      },
    }
  },

  /**
   * Never more connections than it may have, and none left when all is over. Where each attempt in flight can have one of
   * its own, and none is kept or delayed for other reasons, nobody waits.
   */
  expect({ min, max, connectsPerSecond }, { others, facts: { load, policyCounters, policyPeaks } }) {
    const { poolCreated = 0, poolClosed = 0 } = policyCounters
    // A script opens its drivers when it first asks for them.
    const fewest = Math.max(1, load.scripted ? 0 : min * load.processes)
    const bands = [
      effectOf('poolPeak', 'connections', [fewest, max * load.processes], policyPeaks['poolPeak'] ?? null),
      effectOf('poolLeaked', 'connections', [0, 0], poolCreated - poolClosed),
    ]
    const several = load.scripted || others.some((other) => other === 'hedge' || other === 'use')
    if (several || min > 0 || connectsPerSecond < Number.POSITIVE_INFINITY || load.inFlight > max) return bands
    return [...bands, effectOf('poolWaits', 'attempts', [0, 0], policyCounters['poolWaits'] ?? null)]
  },
}
