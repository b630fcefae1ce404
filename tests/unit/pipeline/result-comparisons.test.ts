import { expect, test } from 'vitest'
import type { ArmComparison } from '../../../harness/judge/comparisons.ts'
import { decide } from '../../../harness/judge/paired/decide.ts'
import { rulerOf } from '../../../harness/judge/paired/ruler.ts'
import { resultComparisons } from '../../../harness/pipeline/result-comparisons.ts'

const pairing = { policy: 'policy.retry/client-direct', against: 'baseline/baseline-direct' }

const ofSlices = (policy: string, metric: string): ArmComparison => ({
  ...pairing,
  policy,
  metric,
  unit: 'ms',
  rounds: 3,
  base: 1,
  value: 2,
  logRatio: 0.693147,
  spread: 0.1,
})

test('what the gate compared is in a result once, as the gate has it, beside what it did not compare', () => {
  const planned = { pairing: { ...pairing, arms: ['a'], baseArms: ['b'] }, metric: 'throughput', gated: true } as const
  const gate = decide({ rounds: [], planned: [planned], controls: [], ruler: rulerOf(null), looks: [12] })
  const comparisons = [
    ofSlices(pairing.policy, 'throughput'),
    ofSlices(pairing.policy, 'p50'),
    ofSlices('policy.latency/policy-relay', 'throughput'),
  ]
  const told = resultComparisons({ comparisons, gate }).map(({ policy, metric, gated }) => [policy, metric, gated])
  expect(told).toEqual([
    [pairing.policy, 'p50', undefined],
    ['policy.latency/policy-relay', 'throughput', undefined],
    [pairing.policy, 'throughput', true],
  ])
  expect(resultComparisons({ comparisons, gate: null }).map(({ metric }) => metric)).toEqual([
    'throughput',
    'p50',
    'throughput',
  ])
})
