import { expect, test } from 'vitest'
import type { MetricCalibration } from '../../../../harness/judge/calibration/calibration.ts'
import { driftDoubts } from '../../../../harness/judge/calibration/drift.ts'
import type { GateCalibration } from '../../../../harness/judge/calibration/ruler.ts'
import { gateOfBuilds, slicesOf } from '../../../support/gate-slices.ts'

const { gate, plan } = gateOfBuilds(0)

function known(perRound: number): GateCalibration {
  const metric: MetricCalibration = { runs: 10, bias: 0, deviation: 0, between: 0, perRound, noise: 0, floor: 0.02 }
  return { process: null, build: { name: 'c', runs: 10, metrics: { throughput: metric, p95: metric } } }
}

/** Rounds in which the second process of the target is by turns faster and slower by this logarithm. */
function doubtsOf(apart: number, perRound: number, rounds = 12) {
  const rate = ({ kind }: { kind: string }, round: number): number =>
    kind === 'again' ? 1e6 * Math.exp(round % 2 === 0 ? apart : -apart) : 1e6
  return driftDoubts({ plan, calibration: known(perRound) }, slicesOf(gate, rounds, rate))
}

// The mean of both controls has half of it; of 12 such rounds the standard deviation is a little more than that.
const deviation = (apart: number): number => (apart / 2) * Math.sqrt(12 / 11)

test('rounds that differ as they did when the machine was calibrated are no reason for doubt', () => {
  for (const factor of [0.52, 1, 1.48]) expect(doubtsOf(0.04 * factor, deviation(0.04))).toEqual([])
})

test.each([0.48, 1.52])('rounds that differ %s times as much are', (factor) => {
  const [doubt, ...others] = doubtsOf(0.04 * factor, deviation(0.04))
  expect(doubt).toMatchObject({ kind: 'calibration-drifted', effect: 'note', taints: ['throughput'] })
  expect(doubt?.detail).toMatch(/throughput by [\d.]+ % \(calibrated: 2\.0\d %\)$/u)
  // p95 is calibrated too, and gates nothing.
  expect(others).toEqual([])
})

test('a few rounds, or no calibration, say nothing of it', () => {
  expect(doubtsOf(0.4, 0.01, 7)).toEqual([])
  expect(doubtsOf(0.4, 0.01, 8)).toHaveLength(1)
  const slices = slicesOf(gate, 12, (_, round) => 1000 + round)
  expect(driftDoubts({ plan, calibration: { process: null, build: null } }, slices)).toEqual([])
})
