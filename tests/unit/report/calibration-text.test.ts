import { expect, test } from 'vitest'
import type { MetricCalibration } from '../../../harness/judge/calibration/calibration.ts'
import type { CalibrationState, KinshipState } from '../../../harness/judge/calibration/state.ts'
import { renderCalibration } from '../../../harness/report/calibration-text.ts'

const metric = (floor: number): MetricCalibration => {
  return { runs: 11, bias: 0.001, deviation: 0.004, between: 0.002, perRound: 0.02, noise: 0.005, floor }
}
const runs = Array.from({ length: 11 }, (_, index) => ({ id: `run-${index}`, at: '2026-01-01T00:00:00.000Z' }))
const build: KinshipState = {
  runs,
  missing: 0,
  calibration: {
    name: 'c0ffee',
    runs: 11,
    metrics: { throughput: metric(0.03), p99: metric(0.2), errors: metric(0.0005) },
  },
  expiresAt: '2026-01-31T10:00:00.000Z',
  selfTest: { runs: 11, failed: [], sound: true },
}
const none: KinshipState = { runs: runs.slice(0, 3), missing: 7, calibration: null, expiresAt: null, selfTest: null }
const about = { profile: 'ab', mode: 'long', hostFingerprint: 'h', controlFingerprint: 'p' }
const textOf = (changes: Partial<CalibrationState>): string =>
  renderCalibration({ ...about, build, process: none, ...changes }, { color: false, width: 100 })

test('what is known is told per metric, how long it lasts, and what is too noisy to fail by its margin', () => {
  const text = textOf({})
  expect(text).toMatch(/^noise of long of ab on this host \(h\)$/mu)
  expect(text).toMatch(/^between .* build: calibrated by 11 runs \(c0ffee\), until 2026-01-31$/mu)
  expect(text).toMatch(/^throughput +11 +1\.98 % +0\.1 % +0\.499 % +2\.96 % +5 %$/mu)
  expect(text).toMatch(/^errors +11 .* 0\.05 points +0\.1 points$/mu)
  expect(text).toMatch(/^too noisy here to fail by a change of its margin: p99$/mu)
  expect(text).toMatch(/^self-test: 11 runs, each judged by the others: 0 fail$/mu)
  expect(text.split('\n').every((line) => line.length <= 100)).toBe(true)
})

test('what is not known says how many runs it takes', () => {
  expect(textOf({})).toMatch(/^within one process: not calibrated; 3 of 10 runs, 7 more are needed$/mu)
})

test('a run that fails by the ruler of the others is named, and one that is missing for that', () => {
  const failing = textOf({ build: { ...build, selfTest: { runs: 11, failed: ['run-4'], sound: true } } })
  expect(failing).toMatch(/1 FAIL though nothing changed: run-4$/mu)
  const unsound = textOf({ build: { ...build, selfTest: { runs: 11, failed: ['run-4'], sound: false } } })
  expect(unsound).toMatch(/1 FAIL though nothing changed: run-4; that is more than chance explains$/mu)
  expect(textOf({ build: { ...build, runs: runs.slice(1), selfTest: null } })).toMatch(
    /^self-test: none; each run is judged by the others once there are 11$/mu,
  )
})
