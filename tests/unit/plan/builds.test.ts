import { expect, test } from 'vitest'
import { compilePlan } from '../../../harness/plan/plan.ts'
import { packageProfilesDirectory } from '../../../harness/profile/files.ts'
import { loadProfile, parseProfile } from '../../../harness/profile/parse.ts'

const only = { baseline: false, policies: true, gate: 'comparisons', stress: false } as const
const long = { warmup: '10s', slice: '1s', gate: { rounds: [9], slices: 2 } }
const builtin = { builtin: 'http' }

function planOf(document: object) {
  const whole = { target: builtin, load: { model: 'closed', workers: 2 }, modes: { long }, ...document }
  return compilePlan(parseProfile(whole, { flags: {}, env: {} }), only)
}

test('each build is started and warmed up by itself, which takes its time', () => {
  const seconds = (document: object) => planOf(document).expectedNs / 1e9
  const builds = seconds({ base: builtin })
  // Nine rounds of four warm-ups and eight slices, and a little around each.
  expect(builds).toBeGreaterThan(9 * (4 * 10 + 4))
  expect(builds).toBeLessThan(9 * (4 * 10 + 4) * 1.2)
  const policy = seconds({ policies: { retry: { client: { retry: {} } } } })
  expect(policy).toBeGreaterThan(9 * (10 + 6))
  expect(policy).toBeLessThan(9 * (10 + 6) * 1.2)
})

test('the profile ab compares a server with itself in twelve rounds, within eight minutes', async () => {
  const places = { cwd: '/', packageProfilesDir: packageProfilesDirectory() }
  const profile = await loadProfile('ab', { flags: {}, env: {} }, places)
  expect(profile.base).toEqual(profile.target)
  const { gate, expectedNs } = compilePlan(profile, only)
  expect(gate?.looks).toEqual([12])
  expect(expectedNs / 60e9).toBeLessThan(8)
})
