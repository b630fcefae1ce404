import { describe, expect, test } from 'vitest'
import { validateResult } from '../../../harness/archive/validate.ts'
import { CapacitySearch } from '../../../harness/pipeline/capacity.ts'
import { type CapacityFlags, capacitySettingsOf } from '../../../harness/pipeline/capacity-flags.ts'
import { capacityPlanOf, summariseCapacity } from '../../../harness/pipeline/capacity-plan.ts'
import { watchdogLimitNs } from '../../../harness/pipeline/guards.ts'
import { parseProfile } from '../../../harness/profile/parse.ts'
import { exampleResult } from '../../fixtures/results/example.ts'
import { type FakeTarget, fakeSession } from '../../support/fake-session.ts'
import { createJumpClock } from '../../support/jump-clock.ts'

const document = {
  target: { builtin: 'http' },
  workload: { protocol: 'http', requests: [{ method: 'GET', path: '/' }] },
  thresholds: { latency: ['p(99)<200ms', 'p(99.9)<1s', 'p(50)>1ms'], errors: ['rate<1%'] },
  guards: { failureBudget: { threshold: '5%' } },
  policies: { resets: { fault: { reset: { probability: '30%' } } } },
}
const profile = parseProfile(document, { mode: 'smoke', flags: {}, env: {} })

const unsaid: CapacityFlags = {
  slo: undefined,
  from: undefined,
  'max-rate': undefined,
  step: undefined,
  budget: undefined,
  loops: true,
}

function settingsOf(flags: Partial<CapacityFlags> = {}) {
  return capacitySettingsOf({ ...unsaid, ...flags }, profile)
}

async function searched(target: FakeTarget, flags: Partial<CapacityFlags> = {}) {
  const settings = settingsOf(flags)
  const search = new CapacitySearch(capacityPlanOf(profile, settings), settings)
  const clock = createJumpClock()
  const session = fakeSession(target, clock, (window) => search.addWindow(window))
  const { signal } = new AbortController()
  await search.carryOut(session, { clock, signal, onProgress: () => {} })
  const { doubts, source, result } = search.read()
  if (!result.capacity) throw new Error('a search has a capacity')
  return { doubts, source, capacity: result.capacity, arms: search.arms, seconds: clock.nowNs() / 1e9 - 1 }
}

describe('a search for the capacity', () => {
  test('measures closed loops first, and begins its rates at two fifths of what they got done', async () => {
    const { capacity, doubts, source } = await searched({ capacity: 300, serviceMs: 10 })
    expect(capacity.loops.map(({ loops, perSecond }) => [loops, perSecond])).toEqual([
      [1, 100],
      [2, 200],
      [4, 300],
      [8, 300],
      [16, 300],
      [32, 300],
    ])
    expect(capacity.steps[0]).toMatchObject({ perSecond: 120, verdict: 'held' })
    expect(capacity).toMatchObject({ kind: 'found', limit: 'behind', precise: true, slo: ['p(99)<200ms'] })
    expect(capacity.heldPerSecond).toBeGreaterThan(285)
    expect(capacity.heldPerSecond).toBeLessThan(307)
    expect(capacity.knee.perSecond).toBeGreaterThan(285)
    expect(capacity.knee.perSecond).toBeLessThan(315)
    expect(source).toBe(`capacity.rate-${capacity.heldPerSecond}`)
    expect(doubts).toEqual([])
  })

  test('gives the same capacity as a result may hold', async () => {
    const { capacity } = await searched({ capacity: 300, serviceMs: 10 })
    expect(validateResult({ ...exampleResult(), capacity })).toEqual([])
    expect(validateResult({ ...exampleResult(), capacity: { ...capacity, kind: 'maybe' } })).not.toEqual([])
  })

  test('has an arm for each load, whose slices are its own', async () => {
    const { arms } = await searched({ capacity: 300, serviceMs: 10 }, { from: '100', 'max-rate': '125' })
    expect(arms.map(({ id }) => id)).toEqual([
      ...[1, 2, 4, 8, 16, 32].map((count) => `capacity.loops-${count}`),
      'capacity.rate-100',
      'capacity.rate-125',
    ])
  })

  test('is no search of a target that is in time at no rate', async () => {
    const { capacity, doubts, source } = await searched({ capacity: 300, serviceMs: 500 }, { loops: false })
    expect(capacity).toMatchObject({ kind: 'none', heldPerSecond: null, limit: 'slow', loops: [], scalability: null })
    expect(doubts.map(({ kind, effect }) => [kind, effect])).toEqual([['capacity-unclear', 'inconclusive']])
    expect(source).toBeNull()
  })

  test('doubts what it found where the generator was at its end first', async () => {
    const { capacity, doubts } = await searched({ capacity: 300, serviceMs: 10, generatorMs: (rate) => 3.5 * rate })
    expect(capacity).toMatchObject({ kind: 'at-least', limit: 'generator' })
    expect(doubts[0]?.detail).toMatch(/^over \d+(\.\d)?\/s the generator was at its end/u)
  })

  test('does not doubt that a target bears the most that was to be tried', async () => {
    const { capacity, doubts } = await searched({ capacity: 300, serviceMs: 10 }, { 'max-rate': '200/s' })
    expect(capacity).toMatchObject({ kind: 'at-least', heldPerSecond: 200, limit: 'max-rate' })
    expect(doubts).toEqual([])
  })

  test('keeps to its budget, and doubts what it found in it', async () => {
    const { capacity, doubts, seconds } = await searched(
      { capacity: 300, serviceMs: 10 },
      { loops: false, from: '250', budget: '50s' },
    )
    expect(seconds).toBeLessThan(65)
    expect(capacity).toMatchObject({ kind: 'found', precise: false, heldPerSecond: 279.5, brokenPerSecond: 312.5 })
    expect(doubts[0]).toMatchObject({ kind: 'capacity-unclear', detail: expect.stringContaining('between') as unknown })
  })

  test('knows what it knew when it was ended', async () => {
    const ended = { capacity: 300, serviceMs: 10, stopAfter: 6 }
    const { capacity, arms } = await searched(ended, { loops: false, from: '100' })
    // The warm-up and five slices, the last of which was cut short.
    expect(capacity.steps.map(({ perSecond, slices, verdict }) => [perSecond, slices.length, verdict])).toEqual([
      [100, 2, 'held'],
      [125, 2, 'held'],
    ])
    expect(capacity).toMatchObject({ kind: 'at-least', heldPerSecond: 125, limit: 'stopped' })
    expect(arms.length).toBe(2)
    expect((await searched({ ...ended, stopAfter: 1 })).capacity).toMatchObject({ kind: 'none', loops: [], steps: [] })
  })
})

describe('the plan of a search', () => {
  test('holds nothing of the profile against load that is to be too much', () => {
    const plan = capacityPlanOf(profile, settingsOf())
    expect(plan.profile).toMatchObject({
      policies: [],
      thresholds: [],
      ceilings: { errorRate: null, rssDeltaKb: null },
    })
    expect(plan.profile.guards.failureBudget).toBeNull()
  })

  test('has its settings beside the profile, with where they came from', () => {
    const { effective, provenance } = capacityPlanOf(profile, settingsOf({ from: '50', loops: false })).profile
    expect(effective).toMatchObject({
      name: 'profile',
      capacity: { step: '5s', slo: ['p(99)<200ms'], from: '50', maxRate: null, budget: null, loops: false },
    })
    expect(provenance).toMatchObject({
      '/capacity/step': 'default',
      '/capacity/slo/0': 'profile',
      '/capacity/from': 'flag',
      '/capacity/maxRate': 'default',
      '/capacity/loops': 'flag',
    })
  })

  test.for(['1m', '10m', '2h'])('is not ended by the watchdog within its budget of %s', (budget) => {
    const settings = settingsOf({ budget })
    const plan = capacityPlanOf(profile, settings)
    expect(watchdogLimitNs(plan)).toBeGreaterThan((settings.budgetNs as number) + 60e9)
  })

  test('is told as far as it is known', () => {
    const settings = settingsOf({ slo: ['p(95)<=20ms', 'med<5ms'] })
    const { stress, expectedMs } = summariseCapacity(capacityPlanOf(profile, settings), settings)
    expect(stress.map(({ name, durationMs }) => [name, durationMs])).toEqual([
      ['loops', 5000],
      ['rates', 5000],
    ])
    expect(stress[1]?.load).toContain('as long as p(95)<=20ms and med<5ms')
    expect(expectedMs).toBeGreaterThan(150_000)
    expect(expectedMs).toBeLessThan(240_000)
  })
})

describe('the flags of a search', () => {
  test.for([
    [{ slo: ['p(99.9)<1s'] }, '--slo: found "p(99.9)<1s", allowed: med, p(50), p(95) or p(99)'],
    [{ slo: ['p(99)>1s'] }, '--slo: found "p(99)>1s", allowed'],
    [{ slo: ['fast'] }, '--slo: found "fast", allowed'],
    [{ from: '60%' }, '--from: found "60%", allowed: arrivals per second'],
    [{ from: '0' }, '--from: found "0", allowed: arrivals per second'],
    [{ from: '500', 'max-rate': '400' }, '--from: found "500", allowed: at most the 400 per second of --max-rate'],
    [{ 'max-rate': '1e9' }, '--max-rate: found "1e9", allowed'],
    [{ step: '100ms' }, '--step: found "100ms", allowed: at least 250ms'],
    [{ budget: 'long' }, '--budget: found "long", allowed: a duration'],
  ] as const)('%j are refused', ([flags, message]) => {
    expect(() => settingsOf(flags)).toThrow(message)
  })

  test('have units, or are in seconds and per second', () => {
    expect(settingsOf({ step: '2', budget: '1m', from: '30/m', 'max-rate': '2000/s' })).toMatchObject({
      stepNs: 2e9,
      budgetNs: 60e9,
      fromPerSecond: 0.5,
      mostPerSecond: 2000,
    })
  })
})
