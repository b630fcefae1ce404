import { expect, test } from 'vitest'
import { actsOnPath, steppedPolicies, timelineOf } from '../../../harness/plan/timeline.ts'
import { parseProfile } from '../../../harness/profile/parse.ts'

function timeline(steps: readonly object[]) {
  const { stress, policies, mode } = parseProfile(
    {
      name: 'steps',
      target: { builtin: 'http' },
      policies: {
        rate: { fault: { rate: '10mbps' } },
        latency: { fault: { latency: { delay: '40ms' } } },
        pause: { fault: { pause: { every: '1s', for: '100ms' } } },
      },
      modes: { smoke: { duration: '10s' } },
      stress: { smoke: { steps } },
    },
    { flags: {}, env: {}, mode: 'smoke' },
  )
  return timelineOf(stress, policies, mode.durationNs)
}

const names = (steps: readonly object[]) =>
  timeline(steps).map(({ atNs, installed }) => `${atNs / 1e9}: ${installed.map(({ layer }) => layer.name).join('+')}`)

test('steps become moments, each with all that is in force from then on (P51)', () => {
  expect(
    names([
      { at: '4s', remove: 'rate' },
      { at: '1s', install: 'latency', for: '2s' },
      { at: '2s', install: 'rate' },
    ]),
  ).toEqual(['1: latency', '2: rate+latency', '3: rate', '4: '])
})

test('everything is taken away at the end of the segment', () => {
  expect(names([{ at: '8s', install: 'latency' }])).toEqual(['8: latency', '10: '])
  expect(names([{ at: '8s', install: 'latency', for: '2s' }])).toEqual(['8: latency', '10: '])
})

test('a policy was in force for its longest stretch', () => {
  const moments = timeline([
    { at: '1s', install: 'latency', for: '2s' },
    { at: '2s', install: 'rate', for: '500ms' },
    { at: '5s', install: 'latency', for: '1s' },
    { at: '7s', install: 'pause' },
  ])
  expect(steppedPolicies(moments, 10e9).map(({ name, inForceNs }) => [name, inForceNs])).toEqual([
    ['latency', 2e9],
    ['rate', 0.5e9],
    ['pause', 3e9],
  ])
})

test('a profile without steps has no moments', () => {
  expect(names([])).toEqual([])
})

test('a fault on the target leaves the path of the load direct', () => {
  const [first] = timeline([{ at: '1s', install: 'pause' }])
  const [second] = timeline([{ at: '1s', install: 'rate' }])
  expect(first?.installed.some(actsOnPath)).toBe(false)
  expect(second?.installed.some(actsOnPath)).toBe(true)
})

test('what acts where connections are made cannot be a step', () => {
  const profile = {
    name: 'steps',
    target: { builtin: 'http' },
    policies: { slow: { fault: { handshake: { delay: '40ms' } } } },
    stress: { long: { steps: [{ at: '1s', install: 'slow' }] } },
  }
  expect(() => parseProfile(profile, { flags: {}, env: {}, mode: 'long' })).toThrow(
    expect.objectContaining({
      problems: [
        expect.objectContaining({
          where: '/stress/long/steps/0/install',
          message: expect.stringContaining('cannot come and go') as string,
        }),
      ],
    }) as Error,
  )
})
