import { expect, test } from 'vitest'
import { calibrationDoubts, type GateCalibration } from '../../../../harness/judge/calibration/ruler.ts'
import { gateOfBuilds } from '../../../support/gate-slices.ts'

const { plan } = gateOfBuilds(0)
const metric = { runs: 60, bias: 0, deviation: 0, between: 0, perRound: 0.01, noise: 0, floor: 0.02 }
const metrics = { throughput: metric, p50: metric, p99: metric, cpu: metric, rss: metric, heap: metric }

/** Doubts of a gate of builds, whose calibration had so many of its runs fail by the others. */
function doubtsOf(selfTest: { readonly runs: number; readonly failed: number } | null) {
  const build: GateCalibration['build'] = { name: 'c', runs: 60, metrics, ...(selfTest && { selfTest }) }
  return calibrationDoubts(plan, { process: null, build })
}

test('a calibration by which more of its own runs fail than chance explains is noted on every run that is held to it', () => {
  const [doubt, ...others] = doubtsOf({ runs: 60, failed: 5 })
  expect(doubt).toMatchObject({ kind: 'calibration-unsound', effect: 'note' })
  expect(doubt?.detail).toMatch(/^of the 60 runs .* between two processes rests on, 5 fail /u)
  expect(others).toEqual([])
})

test('as many as chance explains, or none, are no reason for doubt; nor is a calibration that was not tested', () => {
  expect([{ runs: 60, failed: 4 }, { runs: 11, failed: 0 }, null].flatMap(doubtsOf)).toEqual([])
})

test('what nothing is held to is no reason either', () => {
  const unsound: GateCalibration['build'] = { name: 'c', runs: 60, metrics, selfTest: { runs: 60, failed: 9 } }
  expect(calibrationDoubts({ pairings: [] }, { process: unsound, build: unsound })).toEqual([])
})
