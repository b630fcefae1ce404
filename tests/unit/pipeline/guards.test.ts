import { expect, test } from 'vitest'
import type { BudgetMeasurement } from '../../../harness/measure/failure-budget.ts'
import type { Measurements } from '../../../harness/measure/measurements.ts'
import { guardsOf, watchdogLimitNs } from '../../../harness/pipeline/guards.ts'
import { compilePlan, type Plan } from '../../../harness/plan/plan.ts'
import { parseProfile } from '../../../harness/profile/parse.ts'

const base = {
  target: { builtin: 'http' },
  workload: { protocol: 'http', requests: [{ method: 'GET', path: '/' }] },
}

function planOf(guards: object): Plan {
  const profile = parseProfile({ ...base, guards }, { mode: 'smoke', flags: {}, env: {} })
  return compilePlan(profile, { baseline: true, policies: false, stress: true })
}

const told = (failureBudget: BudgetMeasurement | null) => ({ failureBudget }) as Measurements
const end = { startNs: 1e9, endNs: 21e9, abortedBy: null }

test('the watchdog of a run is three times its plan and more, or what its profile says', () => {
  const usual = planOf({})
  expect(watchdogLimitNs(usual)).toBeGreaterThan(3 * usual.expectedNs + 60e9)
  expect(watchdogLimitNs(planOf({ watchdog: '90s' }))).toBe(90e9)
})

test('every run has its watchdog among its guards, and how near it came', () => {
  const [watchdog, ...others] = guardsOf(planOf({ watchdog: '90s' }), told(null), end)
  expect(watchdog).toEqual({
    kind: 'watchdog',
    settings: { limitMs: 90_000 },
    state: 'held',
    worst: 20_000,
    unit: 'ms',
    atMs: null,
    samples: null,
  })
  expect(others).toEqual([])
  const tripped = guardsOf(planOf({ watchdog: '90s' }), told(null), { ...end, abortedBy: 'watchdog' })
  expect(tripped[0]).toMatchObject({ state: 'tripped', atMs: 90_000 })
})

test('a failure budget is told with its settings, its worst window and the moment at which it broke', () => {
  const plan = planOf({ failureBudget: { threshold: '10%', of: 'attempts' } })
  const worst = { samples: 200, failures: 50, rate: 0.25 }
  const breach = { samples: 100, failures: 11, rate: 0.11, atNs: 5e9 }
  const [budget] = guardsOf(plan, told({ worst, breach }), end)
  expect(budget).toEqual({
    kind: 'failure-budget',
    settings: { threshold: 0.1, minSamples: 50, of: 'attempts', windowMs: 30_000 },
    state: 'tripped',
    worst: 0.25,
    unit: 'share',
    atMs: 4000,
    samples: 200,
  })
  expect(guardsOf(plan, told({ worst: null, breach: null }), end)[0]).toMatchObject({
    state: 'held',
    worst: null,
    atMs: null,
    samples: null,
  })
})
