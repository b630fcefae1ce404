import { describe, expect, it } from 'vitest'
import type { LiveReading } from '../../../harness/load/live-reading.ts'
import { emptyRetryFigures } from '../../../harness/measure/retry-figures.ts'
import { hearReadings } from '../../../harness/pipeline/metrics-alerts.ts'
import { RunTotals, usageOf, worstOf } from '../../../harness/pipeline/metrics-totals.ts'
import type { BreakerStats } from '../../../harness/resilience/breaker/breaker.ts'

const second = 1e9

function statsOf(changes: Partial<BreakerStats> = {}): BreakerStats {
  return {
    name: 'client',
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
  }
}

function readingOf(changes: Partial<LiveReading> = {}): LiveReading {
  return {
    arm: 'a',
    worker: 0,
    atNs: 0,
    operations: { ok: 0, failed: 0, degraded: 0 },
    attempts: 0,
    policyCounters: {},
    retries: {},
    breakers: [],
    bulkheads: [],
    ...changes,
  }
}

const breakerIn = (stats: Partial<BreakerStats>, failures = 0) => [{ name: null, stats: statsOf(stats), failures }]

describe('the totals of a run', () => {
  it('sum over workers what they count, and tell of breakers what the worst of them says', () => {
    const totals = new RunTotals()
    totals.addReading(readingOf({ worker: 0, policyCounters: { retries: 2 }, breakers: breakerIn({}, 3) }))
    totals.addReading(
      readingOf({ worker: 1, policyCounters: { retries: 5 }, breakers: breakerIn({ state: 'half-open' }, 4) }),
    )
    const arm = totals.arms.get('a')
    expect(arm?.policyCounters).toEqual({ retries: 7 })
    const [breaker] = arm?.breakers.values() ?? []
    expect(breaker?.failures).toBe(7)
    expect(breaker && worstOf(breaker).state).toBe('half-open')
    // The same worker again: how it stands is not added to how it stood.
    totals.addReading(readingOf({ worker: 1, breakers: breakerIn({}, 0) }))
    expect(breaker && worstOf(breaker).state).toBe('closed')
  })

  it('take the slots of all workers together for what is in use of them', () => {
    const totals = new RunTotals()
    const bulkheads = (active: number, slots: number) => [{ name: 'hi', active, slots, rejected: 1 }]
    totals.addReading(readingOf({ worker: 0, bulkheads: bulkheads(3, 4) }))
    totals.addReading(readingOf({ worker: 1, bulkheads: bulkheads(0, 8) }))
    const bulkhead = totals.arms.get('a')?.bulkheads.get('hi')
    expect(bulkhead?.rejected).toBe(2)
    expect(bulkhead && usageOf(bulkhead)).toEqual({ active: 3, utilization: 0.25 })
  })

  it('tell a hundred requests of an arm apart, and the rest together, however many there are (P72, P75)', () => {
    const totals = new RunTotals()
    for (let index = 0; index < 300; index++) {
      const name = `request ${index}`
      totals.addReading(
        readingOf({
          retries: { [name]: { ...emptyRetryFigures(), recovered: 1 } },
          breakers: [{ name, stats: statsOf({ name }), failures: 1 }],
          bulkheads: [{ name, active: 1, slots: 2, rejected: 1 }],
        }),
      )
    }
    const { retries, breakers, bulkheads } = totals.arms.get('a')!
    expect([retries.size, breakers.size, bulkheads.size]).toEqual([101, 101, 101])
    expect([retries.get('other')?.recovered, breakers.get('other')?.failures]).toEqual([200, 200])
    expect(bulkheads.get('other')?.rejected).toBe(200)
  })
})

describe('alerts of a run', () => {
  /** What is told of a breaker that has been like that, at these times. */
  function notesOf(stats: Partial<BreakerStats>, ...atNs: readonly number[]): string[] {
    const notes: string[] = []
    const hear = hearReadings(new RunTotals(), (event) => notes.push(event.kind === 'note' ? event.text : ''))
    for (const at of atNs) hear(readingOf({ arm: 'stress.smoke', atNs: at, breakers: breakerIn(stats) }))
    return notes
  }

  it('are raised when a breaker is open for more than 300 s, once (S13, P64)', () => {
    const open = { state: 'open', openedNs: second } as const
    expect(notesOf(open, 2 * second, 301 * second)).toEqual([])
    expect(notesOf(open, 601 * second, 602 * second)).toEqual([
      'alert: breaker stress.smoke: open for 10m, more than 5m',
    ])
  })

  it('are raised by more than 30 % of failures, and are over when there are fewer (S13)', () => {
    expect(notesOf({ failureRate: 0.3 }, 0)).toEqual([])
    expect(notesOf({ failureRate: 0.31 }, 0)).toEqual([
      'alert: breaker stress.smoke: 31 % of its calls failed, more than 30 %',
    ])
    const totals = new RunTotals()
    const notes: string[] = []
    const hear = hearReadings(totals, (event) => notes.push(event.kind === 'note' ? event.text : ''))
    hear(readingOf({ breakers: breakerIn({ failureRate: 0.5 }) }))
    expect(totals.alerts).toMatchObject([{ breaker: 'a', kind: 'failure-rate' }])
    hear(readingOf({ breakers: breakerIn({ failureRate: 0.1 }) }))
    expect(totals.alerts).toEqual([])
    expect(notes[1]).toBe('alert over: breaker a, failure-rate')
  })

  it('of an arm are no more when another one runs, which is not said, as nobody knows it', () => {
    const totals = new RunTotals()
    const notes: string[] = []
    const hear = hearReadings(totals, (event) => notes.push(event.kind === 'note' ? event.text : ''))
    hear(readingOf({ breakers: breakerIn({ failureRate: 0.5 }) }))
    hear(readingOf({ arm: 'ab' }))
    expect(totals.alerts).toEqual([])
    expect(notes).toHaveLength(1)
  })
})
