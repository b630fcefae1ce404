import { describe, expect, it } from 'vitest'
import type { BreakerStats } from '../../../harness/resilience/breaker/breaker.ts'
import { Breaker, createPermit } from '../../../harness/resilience/breaker/breaker.ts'
import { parseBreaker } from '../../../harness/resilience/breaker/settings.ts'
import { BreakerMonitor, summaryOf } from '../../../harness/resilience/monitor.ts'

const second = 1e9

const statsOf = (changes: Partial<BreakerStats> = {}): BreakerStats => ({
  name: 'db',
  state: 'closed',
  forced: false,
  failureCount: 0,
  successCount: 0,
  failureRate: 0,
  slowRate: 0,
  totalCalls: 100,
  rejected: 0,
  lastFailureNs: null,
  timeSinceLastFailureNs: null,
  openedNs: null,
  ...changes,
})

const kinds = (alerts: readonly { readonly kind: string }[]): string[] => alerts.map(({ kind }) => kind)

describe('a monitor of breakers', () => {
  it('raises an alert of one that is open for more than 300 s, and clears it when it closes (S13, P64)', () => {
    const monitor = new BreakerMonitor()
    const breaker = new Breaker('db', parseBreaker({ failureThreshold: 1, openFor: '60s', successThreshold: 1 }))
    const permit = createPermit()
    const probe = (ok: boolean, nowNs: number): void => {
      if (breaker.admit(permit, nowNs)) breaker.settle(permit, ok, nowNs)
    }
    probe(false, 10 * second)
    // It has looked every minute since, and its last failure was but ten seconds ago.
    for (let minute = 1; minute <= 5; minute++) probe(false, (10 + 60 * minute) * second)
    const at = (nowNs: number) => monitor.observe([breaker.stats(nowNs)], nowNs)
    expect(at(310 * second)).toEqual({ raised: [], cleared: [] })
    const { raised } = at(310 * second + 1)
    expect(raised).toEqual([
      { breaker: 'db', kind: 'open-too-long', sinceNs: 310 * second + 1, value: 300 * second + 1, limit: 300 * second },
    ])
    expect(at(320 * second)).toEqual({ raised: [], cleared: [] })
    expect(monitor.alerts).toMatchObject([{ sinceNs: 310 * second + 1, value: 310 * second }])
    probe(true, 371 * second)
    expect(kinds(at(371 * second).cleared)).toEqual(['open-too-long'])
    expect(monitor.alerts).toEqual([])
  })

  it('has no alert of a breaker that never failed (P64)', () => {
    const stats = new Breaker('db', parseBreaker({})).stats(1e15)
    expect(new BreakerMonitor().observe([stats], 1e15).raised).toEqual([])
  })

  it.each([
    [0.3, 100, []],
    [0.31, 100, ['failure-rate']],
    [1, 9, []],
    [1, 10, ['failure-rate']],
  ])('of a failure rate of %f over %i calls raises %j (S13)', (failureRate, totalCalls, expected) => {
    const monitor = new BreakerMonitor()
    expect(kinds(monitor.observe([statsOf({ failureRate, totalCalls })], 0).raised)).toEqual(expected)
    expect(kinds(monitor.observe([statsOf()], 1).cleared)).toEqual(expected)
  })

  it('clears the alerts of a breaker that is there no more', () => {
    const monitor = new BreakerMonitor({ failureRate: 0.1 })
    monitor.observe([statsOf({ failureRate: 0.2 })], 0)
    expect(kinds(monitor.observe([], 1).cleared)).toEqual(['failure-rate'])
  })

  it('tells first what is furthest beyond its limit', () => {
    const monitor = new BreakerMonitor()
    monitor.observe(
      [
        statsOf({ name: 'a', failureRate: 0.4 }),
        statsOf({ name: 'b', failureRate: 0.9 }),
        statsOf({ name: 'c', state: 'open', openedNs: 0 }),
      ],
      600 * second,
    )
    expect(monitor.alerts.map(({ breaker }) => breaker)).toEqual(['b', 'c', 'a'])
  })
})

describe('the summary of breakers', () => {
  it('counts them by state (S13)', () => {
    const states = ['closed', 'closed', 'open', 'half-open'] as const
    const stats = states.map((state, index) => statsOf({ state, failureRate: index / 10 }))
    expect(summaryOf(stats)).toEqual({
      total: 4,
      open: 1,
      halfOpen: 1,
      closed: 2,
      meanFailureRate: expect.closeTo(0.15) as number,
    })
  })

  it('of none is 0', () => {
    expect(summaryOf([])).toEqual({ total: 0, open: 0, halfOpen: 0, closed: 0, meanFailureRate: 0 })
  })
})
