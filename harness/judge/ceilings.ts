import { significant } from '../kernel/units.ts'
import type { ArmMeasurement } from '../measure/measurements.ts'
import type { Ceilings } from '../profile/profile.ts'
import type { Limit } from './limits.ts'
import { cleanScope, type WindowSummary } from './windows.ts'

/** Growth of the target's memory over the stress stage in KiB: its highest window less its first; null when unread. */
export function rssDeltaKb({ firstMemoryKb, highestMemoryKb }: WindowSummary): number | null {
  return firstMemoryKb === null || highestMemoryKb === null ? null : highestMemoryKb.value - firstMemoryKb
}

/**
 * Holds the ceilings against clean load: the direct baseline and the stress stage, whole and window by window; of stress
 * under steps, its windows without a fault.
 */
export function holdCeilings(
  ceilings: Ceilings,
  clean: readonly ArmMeasurement[],
  windows: WindowSummary,
  stressed: boolean,
): readonly Limit[] {
  return [
    ...(ceilings.errorRate === null ? [] : errorCeilings(ceilings.errorRate, clean, windows)),
    ...(ceilings.rssDeltaKb === null || !stressed ? [] : [memoryCeiling(ceilings.rssDeltaKb, windows)]),
  ]
}

function errorCeilings(limit: number, clean: readonly ArmMeasurement[], windows: WindowSummary): Limit[] {
  const whole = [
    ...clean.map(({ identity, all: { operations } }) => ({ scope: identity.id, ...operations })),
    ...windows.groups
      .filter(({ faults }) => faults.length === 0)
      .map(({ phase, ok, failed }) => ({ scope: cleanScope(phase), ok, failed })),
  ].map(({ scope, ok: good, failed }): Limit => {
    const ended = good + failed
    const actual = ended === 0 ? null : significant(failed / ended)
    const ok = actual !== null && actual <= limit
    return { kind: 'ceiling', scope, expr: `error rate <= ${limit}`, actual, limit, ok }
  })
  if (windows.worstErrorRate === null) return whole
  const { value, fromMs, toMs } = windows.worstErrorRate
  const actual = significant(value)
  const worst: Limit = {
    kind: 'ceiling',
    scope: 'worst window',
    expr: `error rate <= ${limit} (lower 99 % bound)`,
    actual,
    limit,
    ok: actual <= limit,
    window: { fromMs, toMs },
  }
  return [...whole, worst]
}

/** Holds the ceiling of degraded answers against arms without a fault, each as a whole. */
export function holdDegradedCeiling(limit: number, arms: readonly ArmMeasurement[]): readonly Limit[] {
  return arms.map(({ identity, all: { operations } }): Limit => {
    const ended = operations.ok + operations.failed
    const actual = ended === 0 ? null : significant(operations.degraded / ended)
    const ok = actual !== null && actual <= limit
    return { kind: 'ceiling', scope: identity.id, expr: `degraded rate <= ${limit}`, actual, limit, ok }
  })
}

function memoryCeiling(limit: number, windows: WindowSummary): Limit {
  const delta = rssDeltaKb(windows)
  const actual = delta === null ? null : significant(delta)
  const span = windows.highestMemoryKb
  return {
    kind: 'ceiling',
    scope: 'stress stage',
    expr: `RSS delta <= ${limit} KiB`,
    actual,
    limit,
    ok: actual !== null && actual <= limit,
    ...(span && { window: { fromMs: span.fromMs, toMs: span.toMs } }),
  }
}
