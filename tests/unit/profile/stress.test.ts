import { describe, expect, test } from 'vitest'
import { isSoakrigError } from '../../../harness/kernel/errors.ts'
import { parseProfile } from '../../../harness/profile/parse.ts'
import type { Profile } from '../../../harness/profile/profile.ts'

const policies = {
  slow: { fault: { latency: { delay: '10ms' } } },
  late: { fault: { latency: { delay: '10ms' } }, schedule: { from: '100ms', for: '100ms' } },
  pause: { fault: { pause: { every: '1s', for: '100ms' } } },
  retry: { client: { retry: {} } },
}

const parse = (steps: readonly object[]): Profile =>
  parseProfile(
    { target: { builtin: 'http' }, policies, modes: { smoke: { duration: '4s' } }, stress: { smoke: { steps } } },
    { mode: 'smoke', flags: {}, env: {} },
  )

describe('a malformed step', () => {
  test.each<[string, object[], string, RegExp]>([
    [
      'lasts beyond the end',
      [{ at: '3s', install: 'slow', for: '2s' }],
      '/0/for',
      /^found 2s, allowed: at most the 1s/u,
    ],
    ['begins after it', [{ at: '4s', install: 'slow' }], '/0/at', /^found 4s, allowed: less than the duration of 4s$/u],
    ['takes no time', [{ at: '0s', install: 'slow', for: '0s' }], '/0/for', /^found 0s, allowed: more than 0$/u],
    ['installs and removes', [{ at: '0s', install: 'slow', remove: 'slow' }], '/0', /allowed: one of them$/u],
    ['removes what is not on', [{ at: '0s', remove: 'slow' }], '/0', /"slow", which is not on at 0ns/u],
    [
      'installs what is on',
      [
        { at: '1s', install: 'slow' },
        { at: '0s', install: 'slow', for: '2s' },
      ],
      '/0',
      /"slow", which is on already at 1s/u,
    ],
    ['has no fault', [{ at: '0s', install: 'retry' }], '/0/install', /^found "retry", which has no fault/u],
    ['is of no policy', [{ at: '0s', install: 'slwo' }], '/0/install', /did you mean "slow"\?$/u],
  ])('%s, and is told by its place', (_, steps, where, message) => {
    let problems: unknown
    try {
      parse(steps)
    } catch (error) {
      problems = isSoakrigError(error) ? error.problems : error
    }
    expect(problems).toEqual([
      { where: `/stress/smoke/steps${where}`, message: expect.stringMatching(message) as string },
    ])
  })
})

describe('a step under which nothing happens is warned of', () => {
  const warnings = (steps: readonly object[]): string[] =>
    parse(steps)
      .warnings.filter(({ where }) => where === '/stress/smoke/steps')
      .map(({ message }) => message)

  test('where the schedule is off: it counts from the beginning of the segment (P11)', () => {
    expect(warnings([{ at: '1s', install: 'late' }])).toEqual([
      'late is in force from 1s to 4s, but the schedule of rule late is off then: it counts from the beginning of the segment',
    ])
    expect(warnings([{ at: '0s', install: 'late' }])).toEqual([])
  })

  test('where the time is too short for a fault to act', () => {
    const [warning] = warnings([
      { at: '1s', install: 'pause' },
      { at: '2s', remove: 'pause' },
    ])
    expect(warning).toBe('pause is in force from 1s to 2s, but pause of rule pause needs 1.2s to have acted once')
    expect(warnings([{ at: '1s', install: 'pause' }])).toEqual([])
    expect(warnings([{ at: '1s', install: 'slow', for: '1ms' }])).toEqual([])
  })
})
