import { describe, expect, test } from 'vitest'
import { isSoakrigError } from '../../../harness/kernel/errors.ts'
import { parseProfile } from '../../../harness/profile/parse.ts'

const base = {
  target: { builtin: 'http' },
  workload: { protocol: 'http', requests: [{ method: 'GET', path: '/' }] },
}

function problemsOf(guards: unknown): readonly { where: string; message: string }[] {
  try {
    parseProfile({ ...base, guards }, { flags: {}, env: {} })
  } catch (error) {
    if (isSoakrigError(error)) return error.problems
    throw error
  }
  return []
}

describe('the guards of a profile', () => {
  test('are none but the usual watchdog where it names none', () => {
    expect(parseProfile(base, { flags: {}, env: {} }).guards).toEqual({ failureBudget: null, watchdogNs: null })
  })

  test('have the defaults of a failure budget, each of which may be set (L6, L11)', () => {
    const guardsOf = (failureBudget: object) =>
      parseProfile({ ...base, guards: { failureBudget, watchdog: '10m' } }, { flags: {}, env: {} }).guards
    const usual = { threshold: 0.05, windowNs: 30e9, minSamples: 50, of: 'operations' }
    expect(guardsOf({})).toEqual({ failureBudget: usual, watchdogNs: 600e9 })
    expect(guardsOf({ threshold: '1%', window: '10s', minSamples: 20, of: 'attempts' }).failureBudget).toEqual({
      threshold: 0.01,
      windowNs: 10e9,
      minSamples: 20,
      of: 'attempts',
    })
  })

  test('are refused with all their problems at once (L11)', () => {
    const budget = { threshold: '120%', window: '0.5s', minSamples: 0, of: 'calls', trips: 1 }
    expect(
      problemsOf({ failureBudget: budget, watchdog: '0s', budget: 1 })
        .map(({ where }) => where)
        .toSorted(),
    ).toEqual([
      '/guards/budget',
      '/guards/failureBudget/minSamples',
      '/guards/failureBudget/of',
      '/guards/failureBudget/threshold',
      '/guards/failureBudget/trips',
      '/guards/failureBudget/window',
      '/guards/watchdog',
    ])
  })
})
