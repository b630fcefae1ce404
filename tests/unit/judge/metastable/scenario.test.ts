import { describe, expect, test } from 'vitest'
import {
  judgeScenario,
  scenarioDoubts,
  scenarioReasons,
  triggerOf,
} from '../../../../harness/judge/metastable/scenario.ts'
import type { LoadSeries, SeriesPoint } from '../../../../harness/measure/load-series.ts'
import { compilePlan } from '../../../../harness/plan/plan.ts'
import { parseProfile } from '../../../../harness/profile/parse.ts'
import type { Profile } from '../../../../harness/profile/profile.ts'

function profileOf(scenario: object, client: object = {}): Profile {
  const document = {
    target: { builtin: 'http' },
    load: { model: 'open', rate: 100 },
    modes: { smoke: { duration: '40s' } },
    policies: { slow: { fault: { latency: { delay: '10ms' } } } },
    stress: {
      smoke: { client: { timeout: { attempt: '2s' }, ...client }, steps: [{ at: '10s', install: 'slow', for: '2s' }] },
    },
    scenario,
  }
  return parseProfile(document, { mode: 'smoke', flags: {}, env: {} })
}

function triggerIn(profile: Profile) {
  const [segment] = compilePlan(profile, { baseline: false, policies: false, stress: true }).stress
  return triggerOf(segment!.moments, profile)
}

const fine: SeriesPoint = { offered: 100, good: 100, attempts: 150, served: null, wasted: null, queueAgeNs: null }
const series: LoadSeries = { stepNs: 1e9, points: Array.from({ length: 39 }, () => fine), binNs: 100e6, bins: [] }

describe('a scenario', () => {
  test('is triggered by the steps, with the timeout and the retries of its client', () => {
    const profile = profileOf({ expect: 'recovered', backoff: '1s' }, { retry: { maxCalls: 4 } })
    expect(triggerIn(profile)).toEqual({ fromNs: 10e9, toNs: 12e9, timeoutNs: 2e9, retries: 3, backoffNs: 1e9 })
    expect(triggerIn(profileOf({ expect: 'recovered' }))).toMatchObject({ retries: null, backoffNs: null })
  })

  test('multiplies the calls of retries around retries', () => {
    const profile = profileOf({ expect: 'recovered' })
    const layered = profileOf({ expect: 'recovered' }, { retry: { maxCalls: 3 } }).stressClient
    const stressClient = [...layered, ...layered]
    expect(triggerOf([], { ...profile, stressClient }).retries).toBe(8)
  })

  test('may say itself when it is triggered', () => {
    const profile = profileOf({ expect: 'recovered', trigger: { at: '15s', for: '1s' } })
    expect(triggerIn(profile)).toMatchObject({ fromNs: 15e9, toNs: 16e9 })
  })

  test('is what was expected where its verdict and its bands are', () => {
    const profile = profileOf({
      expect: 'recovered',
      bands: { endAmplification: [1.4, 1.6], goodputRatio: [0.9, 1.1] },
    })
    const verdict = judgeScenario({ series, trigger: triggerIn(profile) }, profile)!
    expect(verdict).toMatchObject({ verdict: 'recovered', ok: true, cure: null })
    expect(scenarioReasons(verdict)).toEqual([])
  })

  test('says what else it came to', () => {
    const profile = profileOf({ expect: 'metastable', bands: { endAmplification: [1.8, 2.2] } })
    const verdict = judgeScenario({ series, trigger: triggerIn(profile) }, profile)!
    expect(verdict.ok).toBe(false)
    expect(scenarioReasons(verdict)).toEqual([
      'scenario: expected metastable, found recovered: the goodput was back 0ns after the trigger had ended',
      'scenario: expected endAmplification from 1.8 to 2.2, found 1.5',
    ])
  })

  test('says what cannot be told, which is no other verdict', () => {
    const profile = profileOf({ expect: 'metastable', bands: { wastedShare: [0, 1], endAmplification: [1, 2] } })
    const low = { ...fine, good: 10 }
    const points = [...series.points.slice(0, 10), ...Array.from({ length: 10 }, () => low)]
    const verdict = judgeScenario({ series: { ...series, points }, trigger: triggerIn(profile) }, profile)!
    expect(verdict).toMatchObject({ verdict: 'inconclusive', ok: false })
    expect(scenarioReasons(verdict)).toEqual([])
    expect(scenarioDoubts(verdict)).toMatchObject([
      {
        kind: 'scenario-unclear',
        effect: 'inconclusive',
        detail: expect.stringMatching(/^expected metastable: 5s more/u),
      },
      { kind: 'scenario-unclear', detail: 'expected wastedShare from 0 to 1: there is no such figure' },
    ])
    const unsure = { ...profile, scenario: { ...profile.scenario!, expect: 'inconclusive' as const, bands: {} } }
    expect(
      scenarioDoubts(judgeScenario({ series: { ...series, points }, trigger: triggerIn(profile) }, unsure)!),
    ).toEqual([])
  })

  test('is nothing where the profile has none, or it was not carried out', () => {
    const profile = profileOf({ expect: 'recovered' })
    expect(judgeScenario(null, profile)).toBeNull()
    expect(judgeScenario({ series, trigger: triggerIn(profile) }, { scenario: null })).toBeNull()
  })
})
