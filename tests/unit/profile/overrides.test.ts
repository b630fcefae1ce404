import { expect, test } from 'vitest'
import { isSoakrigError, type Problem } from '../../../harness/kernel/errors.ts'
import { parseProfile, type ProfileFlags } from '../../../harness/profile/parse.ts'

const parse = (flags: ProfileFlags, mode: 'smoke' | 'long', modes: object = {}) =>
  parseProfile({ target: { builtin: 'http' }, modes }, { flags, env: {}, mode })

function problemsOf(work: () => unknown): readonly Problem[] {
  try {
    work()
  } catch (error) {
    if (isSoakrigError(error)) return error.problems
    throw error
  }
  throw new Error('there is no problem')
}

test('--gate-rounds says after which rounds the gate of the mode may have an answer, also where it had none', () => {
  expect(parse({ gateRounds: '8, 16' }, 'long').mode.gate).toEqual({ rounds: [8, 16], slices: 4, yardstick: true })
  expect(parse({ gateRounds: 12 }, 'smoke').mode.gate).toEqual({ rounds: [12], slices: 4, yardstick: true })
  const own = parse({ gateRounds: '9' }, 'long', { long: { gate: { slices: 2 } } })
  expect(own.mode.gate).toEqual({ rounds: [9], slices: 2, yardstick: true })
  expect(own.provenance['/modes/long/gate/rounds/0']).toBe('flag')
})

test('--gate-rounds gives a gate where the profile says that there is none, and is refused where it is no list of rounds', () => {
  const none = { long: { gate: false } }
  expect(parse({ gateRounds: '12' }, 'long', none).mode.gate).toEqual({ rounds: [12], slices: 4, yardstick: true })
  for (const [given, message] of [
    ['x', /"x"/u],
    ['8,', /""/u],
    ['16,8', /ascending/u],
    ['61', /60/u],
    ['0', /1/u],
  ] as const) {
    const [problem] = problemsOf(() => parse({ gateRounds: given }, 'long'))
    expect(problem).toMatchObject({ where: '--gate-rounds', message: expect.stringMatching(message) as unknown })
  }
})
