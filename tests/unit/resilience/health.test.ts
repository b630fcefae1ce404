import { describe, expect, it } from 'vitest'
import { Breaker, type BreakerState, type BreakerStats } from '../../../harness/resilience/breaker/breaker.ts'
import { parseBreaker } from '../../../harness/resilience/breaker/settings.ts'
import { type BulkheadFigures, healthOf, healthText, type HealthFigures } from '../../../harness/resilience/health.ts'
import { openClient } from '../../../harness/resilience/promise/open-client.ts'
import { plainCall } from '../../../harness/resilience/step.ts'
import type { BreakerAlert } from '../../../harness/resilience/monitor.ts'

const breakerIn = (state: BreakerState, name: string = state): BreakerStats => ({
  ...new Breaker(name, parseBreaker({})).stats(0),
  state,
})
const bulkhead = (rejectionRate: number): BulkheadFigures => ({
  name: 'pool',
  active: 3,
  queued: 1,
  rejectionRate,
  utilization: 0.3,
})
const figuresOf = (changes: Partial<HealthFigures> = {}): HealthFigures => ({
  breakers: [],
  bulkheads: [],
  operations: { total: 0, succeeded: 0, degraded: 0 },
  ...changes,
})

describe('health', () => {
  it('is whole where there is nothing to say', () => {
    expect(healthOf(figuresOf())).toEqual({
      score: 1,
      status: 'healthy',
      parts: { breakers: 1, bulkheads: 1, operations: 1 },
    })
  })

  it('is the mean of three parts (S17)', () => {
    const breakers = [breakerIn('open'), breakerIn('closed'), breakerIn('closed'), breakerIn('closed')]
    const bulkheads = [bulkhead(0.2), bulkhead(0.4)]
    const operations = { total: 1000, succeeded: 900, degraded: 0 }
    const { score, parts } = healthOf({ breakers, bulkheads, operations })
    expect(parts).toEqual({ breakers: 0.75, bulkheads: expect.closeTo(0.7) as number, operations: 0.9 })
    expect(score).toBeCloseTo((0.75 + 0.7 + 0.9) / 3, 10)
  })

  it.each([
    // A mean of exactly .8, and of exactly .6, is not above it.
    [400, 'degraded'],
    [401, 'healthy'],
    [399, 'degraded'],
  ])('with %i of 1000 operations that succeeded, all else whole, is %s (S17)', (succeeded, status) => {
    const health = healthOf(figuresOf({ operations: { total: 1000, succeeded, degraded: 0 } }))
    expect(health.score).toBe(Number(((2 + succeeded / 1000) / 3).toPrecision(12)))
    expect(health.status).toBe(status)
  })

  it.each([
    [800, 'critical'],
    [801, 'degraded'],
  ])('with %i of 1000 that succeeded while all breakers are open is %s (S17)', (succeeded, status) => {
    const breakers = [breakerIn('open')]
    expect(healthOf(figuresOf({ breakers, operations: { total: 1000, succeeded, degraded: 0 } })).status).toBe(status)
  })

  it('counts half-open breakers by half, and no degraded answers (P75)', () => {
    const breakers = [breakerIn('half-open'), breakerIn('closed')]
    const operations = { total: 100, succeeded: 100, degraded: 40 }
    expect(healthOf(figuresOf({ breakers, operations })).parts).toEqual({
      breakers: 0.75,
      bulkheads: 1,
      operations: 0.6,
    })
  })
})

describe('the text of health', () => {
  it('has the score, the breakers, five alerts and the bulkheads (S17)', () => {
    const alerts: BreakerAlert[] = Array.from({ length: 7 }, (_, index) => ({
      breaker: `b${index}`,
      kind: index === 0 ? ('open-too-long' as const) : ('failure-rate' as const),
      sinceNs: 0,
      value: index === 0 ? 600e9 : 0.5,
      limit: index === 0 ? 300e9 : 0.3,
    }))
    const figures = {
      breakers: [breakerIn('open', 'db'), { ...breakerIn('closed', 'api'), forced: true }],
      bulkheads: [bulkhead(0.25)],
      operations: { total: 100, succeeded: 90, degraded: 10 },
    }
    expect(healthText(figures, alerts)).toEqual([
      'health 0.68 degraded: breakers 0.50, bulkheads 0.75, operations 0.80',
      'operations: 100, 90 succeeded, 10 of them degraded',
      'breakers: 1 closed, 1 open, 0 half-open, mean failure rate 0 %',
      '  db: open, 0 % of 0 calls failed, 0 refused',
      '  api: closed (forced), 0 % of 0 calls failed, 0 refused',
      'alerts: 7',
      '  b0: open for 10m, more than 5m',
      '  b1: 50 % of its calls failed, more than 30 %',
      '  b2: 50 % of its calls failed, more than 30 %',
      '  b3: 50 % of its calls failed, more than 30 %',
      '  b4: 50 % of its calls failed, more than 30 %',
      '  and 2 more',
      'bulkheads: 1',
      '  pool: 3 active, 1 queued, 25 % refused, 30 % in use',
    ])
  })

  it('reads what the client of a program says of itself (S17)', () => {
    const client = openClient({ circuitBreaker: { name: 'db' }, bulkhead: { maxConcurrent: 4 } })
    const step = client.operation({
      owner: { ended: () => {} },
      attempt: () => ({ begin: () => {}, cancel: () => null }),
    })
    step.begin(plainCall('hi'), 0)
    const breakers = client.breakers().map((breaker) => breaker.stats(0))
    expect(healthText(figuresOf({ breakers, bulkheads: client.bulkheads() }), [])).toEqual(
      expect.arrayContaining([
        '  db: closed, 0 % of 0 calls failed, 0 refused',
        '  client: 1 active, 0 queued, 0 % refused, 25 % in use',
      ]),
    )
  })

  it('says that there is nothing', () => {
    expect(healthText(figuresOf(), [])).toEqual([
      'health 1.00 healthy: breakers 1.00, bulkheads 1.00, operations 1.00',
      'operations: 0, 0 succeeded, 0 of them degraded',
      'breakers: 0 closed, 0 open, 0 half-open, mean failure rate 0 %',
      'alerts: none',
      'bulkheads: none',
    ])
  })
})
