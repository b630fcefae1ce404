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

function judged(changes: Partial<SimulatedScenario>, seed: number, forNs = 2e9): MetastableReport {
  const { series } = simulate({ ...storm, ...changes }, seed)
  return judgeMetastable(series, { fromNs: 15e9, toNs: 15e9 + forNs, timeoutNs: 1e9, retries: 1, backoffNs: null })
}

const retrying = (changes: object): Pick<SimulatedScenario, 'client'> => ({
  client: parseClient({ ...client, retry: { strategy: 'fixed', maxCalls: 2, baseDelay: '0ms', ...changes } }),
})

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
        ...retrying({ budget: { kind: 'tokenBucket', percentCanRetry: 0.1, minRetriesPerSecond: 0 } }),
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

describe('what decides the retry storm', () => {
  const long = { stalls: [{ atNs: 15e9, forNs: 10e9 }] }

  test('is whether requests wait: an outage in which they are lost leaves nothing behind', () => {
    const outages = [{ atNs: 15e9, forNs: 10e9 }]
    const report = judged({ stalls: [], network: { ...storm.network, outages } }, 1, 10e9)
    expect(report).toMatchObject({ verdict: 'recovered', timeToRecoverNs: 0 })
    expect(report.goodput.during).toBeLessThan(0.01)
  })

  test('is the load: below half of the capacity the backlog drains, though twice the load is made of it', () => {
    const report = judged({ ...long, perSecond: { from: 140, stages: [] } }, 1, 10e9)
    expect(report).toMatchObject({ verdict: 'slow-drain', amplification: { level: 'alert' } })
  })

  test('is what a budget is filled by: each operation lets a tenth more through than is served, successes nothing', () => {
    const perOperation = retrying({ budget: { kind: 'tokenBucket', percentCanRetry: 0.1, minRetriesPerSecond: 0 } })
    const filled = judged({ ...long, ...perOperation }, 1, 10e9)
    expect(filled.verdict).toBe('metastable')
    expect(filled.amplification.end).toBeCloseTo(1.1, 1)
    const bySuccess = judged({ ...long, ...retrying({ budget: { kind: 'aws' } }) }, 1, 10e9)
    expect(bySuccess.verdict).toBe('slow-drain')
    expect(bySuccess.amplification.end).toBeCloseTo(1, 2)
  })

  test('is how far the client is, where what has expired is dropped: answers that leave in time come too late', () => {
    const [near, middle, far] = [0, 0.5e6, 5e6].map((delayNs) => {
      const network = { delayNs, lossShare: 0 }
      return judged({ ...long, network, target: { ...storm.target, expire: true } }, 1, 10e9).goodput.end ?? 0
    })
    expect(near).toBeGreaterThan(0.45)
    expect(middle).toBeLessThan(0.45)
    expect(middle).toBeGreaterThan(0.2)
    expect(far).toBeLessThan(0.02)
  })

  test('is whether the queue is shorter than the timeout', () => {
    const withQueue = (maxQueue: number) => judged({ ...long, target: { ...storm.target, maxQueue } }, 1, 10e9).verdict
    expect([270, 330].map(withQueue)).toEqual(['recovered', 'metastable'])
  })
})
