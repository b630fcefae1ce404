import { describe, expect, test } from 'vitest'
import { toleranceSchema } from '../../../harness/archive/tune.ts'
import { checkOf } from '../../../harness/kernel/schema-check.ts'
import { watchdogLimitNs } from '../../../harness/pipeline/guards.ts'
import { ToleranceSearch } from '../../../harness/pipeline/tune.ts'
import { type TuneFlags, tuneSettingsOf } from '../../../harness/pipeline/tune-flags.ts'
import { summariseTune, tuneBudgetNs, tunePlanOf } from '../../../harness/pipeline/tune-plan.ts'
import { parseProfile } from '../../../harness/profile/parse.ts'
import { createJumpClock } from '../../support/jump-clock.ts'
import { type TunedSession, tunedSession } from '../../support/tuned-session.ts'

const document = {
  target: { builtin: 'http' },
  workload: { protocol: 'http', requests: [{ method: 'GET', path: '/' }] },
  thresholds: { latency: ['p(99)<200ms'] },
  guards: { failureBudget: { threshold: '5%' } },
  policies: {
    slow: { fault: { latency: { delay: '20ms' } }, bounds: { latency: ['p(50)<60ms', 'p(50)<=reference*2'] } },
    relative: { fault: { latency: { delay: '20ms' } }, bounds: { latency: ['p(50)<=baseline*11'] } },
    resets: { fault: { reset: { probability: '5%' } } },
    gone: { fault: { partition: true } },
    careful: { client: { timeout: { attempt: '1s' } } },
  },
}
const profile = parseProfile(document, { mode: 'smoke', flags: {}, env: {} })

function settingsOf(flags: Partial<TuneFlags> = {}) {
  const { only } = flags
  const chosen = only === undefined ? profile : { ...profile, mode: { ...profile.mode, policies: only } }
  const unsaid = { only: undefined, parameter: undefined, resolution: undefined, budget: undefined }
  return tuneSettingsOf({ ...unsaid, ...flags }, chosen)
}

async function searched(target: TunedSession, flags: Partial<TuneFlags> = {}) {
  // Each trial costs some time, and most tests need few.
  const settings = settingsOf({ only: ['slow'], resolution: '60%', ...flags })
  const plan = tunePlanOf(profile, settings)
  const search = new ToleranceSearch(plan, settings)
  const clock = createJumpClock()
  const session = tunedSession(target, clock)
  await search.carryOut(session, { clock, signal: new AbortController().signal, onProgress: () => {} })
  const { doubts, result } = search.read()
  const [first] = result.tolerance ?? []
  if (!first) throw new Error('a search has a tolerance')
  return { session, doubts, first, tolerance: result.tolerance ?? [] }
}

describe('a search for the tolerance', () => {
  test('finds the strength at which the bounds break, as a result may hold it', async () => {
    const { first, doubts, session } = await searched({ serviceMs: 2 }, { resolution: '10%' })
    expect(first).toMatchObject({
      policy: 'slow',
      parameter: 'latency.delay',
      unit: 'ms',
      from: 20,
      kind: 'found',
      bounds: ['latency: p(50)<60ms'],
      boundsOf: 'policy',
      boundsBroken: ['latency: p(50)<60ms'],
      precise: true,
      doubts: [],
    })
    expect(first.holds).toBeLessThan(58)
    expect(first.breaks).toBeGreaterThan(58)
    expect(first.steps[0]).toMatchObject({ value: 20, verdict: 'held', held: 1, of: 1 })
    expect(first.steps[0]?.trials[0]).toMatchObject({ held: true, ok: 200, p50: 22, baselineP50: 2 })
    expect(doubts).toEqual([])
    // Each trial has a baseline slice beside it, and is gone afterwards.
    expect(session.opened.slice(0, 2)).toEqual(['tune.slow-1/baseline-relay', 'tune.slow-1/policy-relay'])
    const problemsOf = checkOf(() => toleranceSchema)
    expect(problemsOf([first])).toEqual([])
    expect(problemsOf([{ ...first, kind: 'maybe' }])).not.toEqual([])
    const { arms } = await session.measurements()
    expect([...arms.keys()].filter((id) => id.startsWith('tune'))).toEqual([])
  })

  test('holds relative bounds against the slices beside each trial', async () => {
    const { first } = await searched({ serviceMs: 4 }, { only: ['relative'] })
    // Eleven times 4 ms, of which the target itself takes 4.
    expect(first).toMatchObject({ holds: 40, breaks: 56.6 })
  })

  test('is void where the fault does not act', async () => {
    const { first, doubts } = await searched({ serviceMs: 2, faultsAct: false })
    expect(first).toMatchObject({ kind: 'unclear', limit: 'void' })
    expect(doubts).toMatchObject([{ kind: 'tolerance-void', effect: 'void' }])
    expect(doubts[0]?.detail).toContain('at 20ms the fault did not do what it should')
  })

  test('is void where the bounds do not hold without the fault either', async () => {
    const { doubts } = await searched({ serviceMs: 80 })
    expect(doubts[0]?.detail).toContain('p(50)<60ms did not hold without the fault either: found 80')
  })

  test('warms up a target for each policy, and knows what it knew when it was ended', async () => {
    const { tolerance, session } = await searched({ serviceMs: 2 }, { only: ['slow', 'relative'] })
    expect(tolerance.map(({ policy, kind }) => [policy, kind])).toEqual([
      ['slow', 'found'],
      ['relative', 'found'],
    ])
    expect(session.lives).toBe(2)
    // Canary, warm-up, single worker, and then two of each trial.
    const ended = await searched({ serviceMs: 2, stopAfter: 8 })
    expect(ended.first).toMatchObject({ kind: 'holds', holds: 40, limit: 'stopped' })
    expect(ended.doubts).toMatchObject([{ kind: 'tolerance-unclear', effect: 'inconclusive' }])
  })

  test('ends with its budget', async () => {
    const { first, doubts } = await searched({ serviceMs: 2 }, { budget: '6s' })
    expect(first.limit).toBe('time')
    expect(doubts[0]?.detail).toBe('slow: the search ran out of time')
  })
})

describe('the plan of a search for the tolerance', () => {
  test('holds nothing of the profile against strengths that are too much', () => {
    const plan = tunePlanOf(profile, settingsOf({ only: ['slow'] }))
    expect(plan).toMatchObject({ lives: [], stress: [], gate: null })
    expect(plan.canary).not.toBeNull()
    expect(plan.profile).toMatchObject({ thresholds: [], ceilings: { errorRate: null } })
    expect(plan.profile.guards.failureBudget).toBeNull()
    expect(plan.profile.effective['tune']).toEqual({
      only: ['slow'],
      parameter: null,
      resolution: '10%',
      budget: null,
    })
    expect(plan.profile.provenance).toMatchObject({ '/tune/only/0': 'flag', '/tune/resolution': 'default' })
  })

  test('is told as far as it is known, and what is left out', () => {
    const settings = settingsOf()
    const { stress, notMeasured } = summariseTune(tunePlanOf(profile, settings), settings)
    expect(stress.map(({ name, load }) => [name, load])).toEqual([
      ['slow', 'latency.delay from 20ms, to 10 %, as long as latency: p(50)<60ms, each trial'],
      ['relative', 'latency.delay from 20ms, to 10 %, as long as latency: p(50)<=baseline*11, each trial'],
      ['resets', 'reset.probability from 5%, to 10 %, as long as errors: rate<=0.02, each trial'],
    ])
    expect(notMeasured).toEqual([
      { what: 'policy gone', why: 'its fault has no strength: it acts, or it does not' },
      { what: 'policy careful', why: 'it has no fault' },
    ])
  })

  test('has time for strengths that are four times as hard, whose slices are longer', () => {
    const settings = settingsOf({ only: ['slow'] })
    const plan = tunePlanOf(profile, settings)
    // Of 80 ms a slice has 20 operations of one loop, after the time of two.
    const trialNs = tuneBudgetNs(settings, plan) / 28 - 2 * 0.12e9
    expect(trialNs).toBeGreaterThanOrEqual(1e9 + 22 * 80e6)
    expect(trialNs).toBeLessThan(1e9 + 22 * 90e6)
    // The budget of the mode is for its own stages.
    const { expectedMs, budgetMs } = summariseTune(plan, settings)
    expect(budgetMs).toBeGreaterThanOrEqual(expectedMs)
  })

  test.for(['1m', '2h'])('is not ended by the watchdog within its budget of %s', (budget) => {
    const settings = settingsOf({ budget })
    expect(watchdogLimitNs(tunePlanOf(profile, settings))).toBeGreaterThan((settings.budgetNs ?? 0) + 60e9)
  })

  test.for([
    [{ only: ['gone'] }, 'no strength can be searched for'],
    [{ only: ['slow', 'careful'] }, 'no strength can be searched for'],
    [{ parameter: 'loss.probability' }, 'no strength can be searched for'],
    [{ only: [] }, 'there is no policy to tune'],
    [{ resolution: '0.1%' }, '--resolution: found "0.1%", allowed: a share from 1% to 100%'],
    [{ budget: 'long' }, '--budget: found "long", allowed: a duration'],
  ] as const)('%j are refused', ([flags, message]) => {
    expect(() => settingsOf(flags)).toThrow(message)
  })
})
