import type { Estimand, EstimandMetric } from '../../harness/judge/reference/estimand.ts'

/** A figure of the target beside the yardstick, changed by a test. */
export function speed(metric: EstimandMetric, value: number, changes: Partial<Estimand> = {}): Estimand {
  const names = { scope: 'baseline/baseline-direct', against: 'yardstick@1', metric } as const
  return { kind: 'speed', ...names, value, error: 0.004, rounds: 24, tainted: [], ...changes }
}

/** What a policy costs the target. */
export function cost(policy: string, value: number, path: 'direct' | 'relay' = 'direct'): Estimand {
  return speed('throughput', value, {
    kind: 'fragility',
    scope: `policy.${policy}/policy-${path}`,
    against: `baseline/baseline-${path}`,
  })
}
