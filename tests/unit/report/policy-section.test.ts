import { expect, test } from 'vitest'
import { policySection } from '../../../harness/report/policy-section.ts'
import { exampleResult } from '../../fixtures/results/example.ts'

test('what policies counted is told, but for zeros, with peaks, other targets and the calls they kept', () => {
  const result = exampleResult()
  for (const { arms } of result.phases) for (const arm of arms) arm.policyCounters = {}
  expect(policySection(result).lines).toEqual([])
  const phase = result.phases.find(({ id }) => id === 'policy.retry')!
  const arm = phase.arms.at(-1)!
  arm.policyCounters = { retries: 1905, exhausted: 0, hedges: 3 }
  arm.policyPeaks = { poolPeak: 6, poolPendingPeak: 0 }
  const other = { server: { requests: null }, reconciliation: arm.reconciliation }
  arm.others = {
    replica: { ...other, attempts: { count: 30, failed: 4, cancelled: 1 }, errors: { reset: 1, status: 3 } },
    spare: { ...other, attempts: { count: 0, failed: 0, cancelled: 0 }, errors: {} },
  }
  result.deadLetters = { file: 'it.dead.jsonl', sha256: '', count: 582 }
  expect(policySection(result).lines).toEqual([
    'policy.retry/policy-relay: retries 1,905, hedges 3',
    'policy.retry/policy-relay: at most at once: poolPeak 6',
    'policy.retry/policy-relay: 30 attempts went to replica, 4 failed (reset 1, status 3), 1 cancelled',
    'calls given up and kept: 582 in it.dead.jsonl',
  ])
})
