import { describe, expect, test } from 'vitest'
import { loops } from '../../../harness/plan/models.ts'
import type { Script } from '../../../harness/load/script/module.ts'
import { parseClient, type RawClient } from '../../../harness/resilience/settings.ts'
import { failing } from '../../support/fake-driver.ts'
import { runFakeSlice } from '../../support/fake-slice.ts'

describe('a closed model', () => {
  test('keeps as many in flight as it has users, each beginning when its last has ended', async () => {
    const { report, driver } = await runFakeSlice({ task: { load: loops(5) } })
    expect(driver.mostInFlight).toBe(5)
    expect(report.measured.operations).toMatchObject({ count: 500, ok: 500 })
    expect(report.correctedLatency).toBeNull()
  })

  test('thinks between iterations', async () => {
    const think = { kind: 'fixed', ns: 40e6 } as const
    const { report } = await runFakeSlice({ task: { load: { ...loops(2), think } } })
    // 10 ms of service and 40 ms of thinking: 20 iterations a second for each of two.
    expect(report.measured.operations.count).toBe(40)
  })

  test.each([
    ['uniform', { kind: 'uniform', fromNs: 20e6, toNs: 60e6 }],
    ['exponential', { kind: 'exponential', meanNs: 40e6 }],
  ] as const)('thinks %s times of the right mean', async (_name, think) => {
    const { report } = await runFakeSlice({ task: { load: { ...loops(40), think } } })
    // 800 are expected; four standard errors of the exponential's renewal counts.
    expect(Math.abs(report.measured.operations.count - 800)).toBeLessThan(110)
  })

  test('starts further users as its curve rises, and lets them go as it falls', async () => {
    const workers = {
      from: 1,
      stages: [
        { durationNs: 0.4e9, to: 5 },
        { durationNs: 0.2e9, to: 5 },
        { durationNs: 0.4e9, to: 1 },
      ],
    }
    const { driver } = await runFakeSlice({ task: { load: { ...loops(1), workers } } })
    const between = (fromS: number, toS: number): number =>
      driver.sent.filter(({ atNs }) => atNs >= fromS * 1e9 && atNs < toS * 1e9).length
    expect(driver.mostInFlight).toBe(5)
    expect(between(0.6, 1)).toBe(40)
    expect(between(1.4, 1.6)).toBe(100)
    expect(between(1, 1.4)).toBeGreaterThan(80)
    expect(between(1, 1.4)).toBeLessThan(160)
    expect(between(1.95, 2)).toBeLessThan(13)
  })

  test('ends when its number of iterations is done', async () => {
    const { report, driver } = await runFakeSlice({ task: { load: { ...loops(4), iterations: 250 } } })
    expect(driver.sent).toHaveLength(250)
    expect(report.all.iterations).toMatchObject({ count: 250, ok: 250 })
    expect(report.measuredNs).toBeLessThan(0.5e9)
  })

  test('splits its number of iterations and its users over shards exactly', async () => {
    const runs = await Promise.all(
      [0, 1, 2].map((index) =>
        runFakeSlice({ task: { load: { ...loops(4), iterations: 250 } }, shard: { index, count: 3 } }),
      ),
    )
    expect(runs.reduce((sum, { driver }) => sum + driver.sent.length, 0)).toBe(250)
    expect(runs.map(({ driver }) => driver.mostInFlight)).toEqual([2, 1, 1])
  })

  test('counts iterations that failed', async () => {
    const { report } = await runFakeSlice({
      task: { load: loops(1) },
      answer: (_request, nth) => (nth % 2 === 0 ? { afterNs: 10e6 } : failing(10e6)),
    })
    const { count, ok, failed } = report.all.iterations
    expect(ok + failed).toBe(count)
    expect(Math.abs(ok - failed)).toBeLessThanOrEqual(1)
    expect(report.errorTexts).toEqual({ 'reset: as the test wants it': failed })
  })

  test('ends when its last user has left and a number of iterations is not reached', async () => {
    const workers = { from: 4, stages: [{ durationNs: 0.2e9, to: 0 }] }
    const load = { ...loops(4), workers, iterations: 1e6 }
    const { report } = await runFakeSlice({ task: { load, measureNs: 3600e9 } })
    expect(report.all.iterations.ok).toBeGreaterThan(100)
    expect(report.measuredNs).toBeLessThan(0.3e9)
  })

  const scripts: readonly (readonly [string, Script | undefined])[] = [
    ['requests', undefined],
    ['a script', async ({ http }) => void (await http.get('/hi'))],
    ['a script that does not wait', async ({ http }) => void http.get('/hi')],
    [
      'a script that asks until it is answered',
      async ({ http }) => {
        while (!(await http.get('/hi')).ok);
      },
    ],
  ]
  const circuitBreaker = { failureThreshold: 1, openFor: '60s' }
  const clients: readonly (readonly [string, RawClient])[] = [
    ['at once', { circuitBreaker }],
    ['at once, each three times', { retry: { strategy: 'fixed', maxCalls: 3, baseDelay: '0s' }, circuitBreaker }],
    ['after a wait in a line', [{ bulkhead: { maxConcurrent: 1 } }, { circuitBreaker }]],
  ]
  test.each(scripts.flatMap(([what, script]) => clients.map(([how, raw]) => ({ what, script, how, raw }))))(
    'of $what through a client that refuses $how asks it once a millisecond for each user, and ends',
    async ({ script, raw }) => {
      const users = 20
      const { report, driver } = await runFakeSlice({
        ...(script && { script }),
        task: { load: loops(users), client: parseClient(raw), measureNs: 0.25e9 },
        answer: () => failing(100e6),
      })
      const { measured, measuredNs, all } = report
      expect(measuredNs).toBe(0.25e9)
      expect(driver.sent.length).toBeLessThan(10)
      expect(all.errors['circuit-open']).toBeGreaterThanOrEqual(all.operations.failed - driver.sent.length)
      expect(measured.operations.failed).toBeLessThanOrEqual(users * 251)
      expect(measured.operations.failed).toBeGreaterThan(users * 240)
    },
  )
})
