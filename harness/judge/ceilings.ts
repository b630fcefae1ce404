import { significant } from '../kernel/units.ts'
import { type Doubt, doubt } from '../measure/doubts.ts'
import type { ArmMeasurement, SliceSummary } from '../measure/measurements.ts'
import type { Ceilings } from '../profile/profile.ts'
import { holdErrorCeiling, sumsOfSlices } from './error-ceiling.ts'
import type { Limit } from './limits.ts'
import { noParts, type PartSums } from './stats/design-effect.ts'
import { cleanScope, type WindowSummary } from './windows.ts'

/** Growth of the target's memory over the stress stage in KiB: its highest window less its first; null when unread. */
export function rssDeltaKb({ firstMemoryKb, highestMemoryKb }: WindowSummary): number | null {
  return firstMemoryKb === null || highestMemoryKb === null ? null : highestMemoryKb.value - firstMemoryKb
}

/** What ceilings are held against. */
export interface CleanLoad {
  /** Arms that are held as a whole. */
  readonly arms: readonly ArmMeasurement[]
  /** Slices of theirs and of others. */
  readonly slices: readonly Pick<SliceSummary, 'identity' | 'ok' | 'failed'>[]
  readonly windows: WindowSummary
  /** Whether the stress stage was carried out. */
  readonly stressed: boolean
}

/**
 * Holds the ceilings against clean load: the direct baseline and the stress stage, whole and window by window; of stress
 * under steps, its windows without a fault.
 */
export function holdCeilings(ceilings: Ceilings, load: CleanLoad): readonly Limit[] {
  return [
    ...(ceilings.errorRate === null ? [] : errorCeilings(ceilings.errorRate, load)),
    ...(ceilings.rssDeltaKb === null || !load.stressed ? [] : [memoryCeiling(ceilings.rssDeltaKb, load.windows)]),
  ]
}

function errorCeilings(limit: number, { arms, slices, windows }: CleanLoad): Limit[] {
  const whole = [
    ...arms.map(({ identity: { id, phase }, all: { operations } }) => {
      const ofSlices = (): PartSums => sumsOfSlices(slices.filter(({ identity }) => identity.id === id))
      return holdErrorCeiling(id, operations, limit, () => windows.errors.get(phase) ?? ofSlices())
    }),
    ...windows.groups
      .filter(({ faults }) => faults.length === 0)
      .map((group) => {
        const partsOf = (): PartSums => windows.errors.get(group.phase) ?? noParts
        return holdErrorCeiling(cleanScope(group.phase), group, limit, partsOf)
      }),
  ]
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

/** That a ceiling may have been broken by chance: it is neither kept nor broken. */
export function unclearDoubts(ceilings: readonly Pick<Limit, 'scope' | 'expr' | 'actual' | 'why'>[]): readonly Doubt[] {
  return ceilings.flatMap(({ scope, expr, actual, why }) =>
    why === undefined ? [] : [doubt('limit-unclear', `${expr} of ${scope}, found ${actual}: ${why}`, [])],
  )
}
