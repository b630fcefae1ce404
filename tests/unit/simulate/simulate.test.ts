import { expect, test } from 'vitest'
import { parseClient, type RawPolicies } from '../../../harness/resilience/settings.ts'
import { type SimulatedScenario, simulate, type Simulation } from '../../../harness/simulate/simulate.ts'

const calm: SimulatedScenario = {
  client: [],
  network: { delayNs: 1e6, lossShare: 0 },
  target: { servers: 2, serviceNs: 10e6, distribution: 'fixed', order: 'fifo', maxQueue: null, expire: false },
  perSecond: { from: 100, stages: [] },
  arrival: 'constant',
  durationNs: 10e9,
  stalls: [],
}

const run = (changes: Partial<SimulatedScenario> = {}, client: RawPolicies = {}, seed = 1): Simulation =>
  simulate({ ...calm, client: parseClient(client), ...changes }, seed)

test('a load below the capacity is served, second by second as it is offered', () => {
  const { series, totals, target } = run()
  expect(series.points).toHaveLength(10)
  expect(series.points[5]).toEqual({ offered: 100, good: 100, attempts: 100, served: 100, wasted: 0, queueAgeNs: 0 })
  // The last ones are on their way at the end.
  expect(totals).toEqual({ operations: 1000, ok: 999, failed: 0, attempts: 1000 })
  expect(target).toMatchObject({ served: 999, peakQueued: 0 })
  expect(series.bins.reduce((sum, count) => sum + count, 0)).toBe(1000)
  expect(series.bins).toHaveLength(100)
})

test('an overload makes the queue grow by what is too much', () => {
  const { series, target } = run({ perSecond: { from: 300, stages: [] } })
  // 200 a second are served of the 300, so that a third of the time has been waited for.
  expect(target.queued).toBeGreaterThan(990)
  expect(series.points.at(-1)?.queueAgeNs).toBeGreaterThan(3.2e9)
  expect(series.points.at(-1)?.queueAgeNs).toBeLessThan(3.4e9)
})

test('what is lost fails by the timeout, is repeated, and is counted as an attempt each time', () => {
  const client = { retry: { strategy: 'fixed', maxCalls: 2, baseDelay: '0ms' }, timeout: { attempt: '100ms' } }
  const { totals, counters } = run({ network: { delayNs: 1e6, lossShare: 0.1 } }, client)
  expect(counters['retries']).toBe(totals.attempts - totals.operations)
  expect(counters['timeouts']).toBe((counters['retries'] ?? 0) + totals.failed)
  // An exchange fails with 1 - 0.9²: 19 %, and an operation with the square of that.
  expect(totals.failed).toBeGreaterThan(15)
  expect(totals.failed).toBeLessThan(65)
})

test('an answer to one who has given up changes nothing, and its work is wasted', () => {
  const { series, totals, target } = run({ stalls: [{ atNs: 2e9, forNs: 1e9 }] }, { timeout: { attempt: '200ms' } })
  expect(totals.ok + totals.failed).toBeGreaterThanOrEqual(totals.operations - 1)
  expect(totals.failed).toBeGreaterThan(80)
  // But for answers that were on their way when they were given up.
  expect(target.wasted).toBeLessThanOrEqual(totals.failed)
  expect(target.wasted).toBeGreaterThanOrEqual(totals.failed - 4)
  expect(series.points.reduce((sum, { wasted }) => sum + (wasted ?? 0), 0)).toBe(target.wasted)
})

test('nothing arrives while the network is out, and no queue is left behind', () => {
  const outages = [{ atNs: 2e9, forNs: 1e9 }]
  const { series, totals, target } = run(
    { network: { delayNs: 1e6, lossShare: 0, outages } },
    { timeout: { attempt: '200ms' } },
  )
  expect(series.points.map(({ good }) => good)).toEqual([99, 100, 0, 99, 100, 100, 100, 100, 100, 100])
  // A hundred that set out meanwhile, and one whose answer did.
  expect(totals.failed).toBe(101)
  expect(target).toMatchObject({ peakQueued: 0, wasted: 0 })
})

test('how long a client will wait goes with its request', () => {
  const expiring = { ...calm.target, expire: true }
  const { totals, target } = run(
    { target: expiring, stalls: [{ atNs: 2e9, forNs: 1e9 }] },
    { timeout: { attempt: '200ms' } },
  )
  expect(target.expired).toBeGreaterThan(50)
  // Those that had begun before the stall.
  expect(target.wasted).toBeLessThanOrEqual(2 + totals.failed - target.expired)
})

test('a pool makes its connections, never more than it may, and who waits too long for one is told so', () => {
  const slow = { target: { ...calm.target, servers: 100, serviceNs: 200e6 } }
  const client = { pool: { max: 10, acquireTimeout: '100ms' }, timeout: { attempt: '1s' } }
  const { totals, counters, peaks, target } = run(slow, client)
  // Ten connections carry 50 of the 100 a second.
  expect(target.peakBusy).toBe(10)
  expect(peaks['poolPeak']).toBe(10)
  expect(totals.ok).toBeGreaterThan(450)
  expect(totals.ok).toBeLessThan(510)
  expect(counters['poolTimeouts']).toBe(totals.failed)
})

test('the same seed gives the same, another one not', () => {
  const random = { arrival: 'poisson', network: { delayNs: 1e6, lossShare: 0.05 } } as const
  const client = { retry: { baseDelay: '10ms' }, timeout: { attempt: '100ms' } }
  expect(run(random, client, 7)).toEqual(run(random, client, 7))
  expect(run(random, client, 7).totals).not.toEqual(run(random, client, 8).totals)
})
