import { describe, expect, test } from 'vitest'
import { judgeMetastable, type MetastableReport } from '../../../harness/judge/metastable/verdict.ts'
import { parseClient, type RawPolicies } from '../../../harness/resilience/settings.ts'
import { type SimulatedScenario, simulate } from '../../../harness/simulate/simulate.ts'

/**
 * The example of Bronson et al. (HotOS 2021): 280 operations a second on a capacity of 300, a timeout of a second and one
 * retry. The target serves nobody for two seconds.
 */
const client: RawPolicies = {
  retry: { strategy: 'fixed', maxCalls: 2, baseDelay: '0ms' },
  timeout: { attempt: '1s' },
}

const storm: SimulatedScenario = {
  client: parseClient(client),
  network: { delayNs: 0.5e6, lossShare: 0 },
  target: { servers: 1, serviceNs: 1e9 / 300, distribution: 'fixed', order: 'fifo', maxQueue: null, expire: false },
  perSecond: { from: 280, stages: [] },
  arrival: 'poisson',
  durationNs: 60e9,
  stalls: [{ atNs: 15e9, forNs: 2e9 }],
}

const seeds = [1, 2, 3, 4, 5]

function judged(changes: Partial<SimulatedScenario>, seed: number): MetastableReport {
  const { series } = simulate({ ...storm, ...changes }, seed)
  return judgeMetastable(series, { fromNs: 15e9, toNs: 17e9, timeoutNs: 1e9, retries: 1, backoffNs: null })
}

describe('the retry storm', () => {
  test.each(seeds)('outlives its trigger without a cure (seed %d)', (seed) => {
    const report = judged({}, seed)
    expect(report).toMatchObject({ verdict: 'metastable', amplification: { level: 'alert' }, timeToRecoverNs: null })
    expect(report.goodput.ratio).toBeLessThan(0.05)
    expect(report.amplification.end).toBeGreaterThan(1.9)
    expect(report.wastedShare).toBeGreaterThan(0.95)
  })

  const cures: readonly (readonly [string, Partial<SimulatedScenario>])[] = [
    [
      'a retry budget and a target that drops what has expired',
      {
        client: parseClient({
          ...client,
          retry: {
            strategy: 'fixed',
            maxCalls: 2,
            baseDelay: '0ms',
            budget: { kind: 'tokenBucket', percentCanRetry: 0.1, minRetriesPerSecond: 0 },
          },
        }),
        target: { ...storm.target, expire: true },
      },
    ],
    ['a queue of half a second', { target: { ...storm.target, maxQueue: 150 } }],
    ['serving whoever came last', { target: { ...storm.target, order: 'lifo' } }],
    [
      'a circuit breaker',
      {
        client: parseClient({
          ...client,
          circuitBreaker: { failureThreshold: 1000, failureRate: '50%', window: '2s', openFor: '5s' },
        }),
      },
    ],
  ]

  test.each(cures.flatMap(([cure, changes]) => seeds.map((seed) => ({ cure, seed, changes }))))(
    'ends with $cure (seed $seed)',
    ({ changes, seed }) => {
      const report = judged(changes, seed)
      expect(report).toMatchObject({ verdict: 'recovered', amplification: { level: 'none' } })
    },
  )
})
