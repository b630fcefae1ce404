import type { Result } from '../archive/result.ts'
import { figuresOfGroup, type WindowSummary } from '../judge/windows.ts'
import { nsPerMs } from '../kernel/units.ts'

/** How the target was in stress under steps, by what its windows were under; nothing where there were no steps. */
export function windowGroupsOf({ groups }: WindowSummary): Pick<Result, 'windowGroups'> {
  if (groups.length === 0) return {}
  const windowGroups = groups.map((group) => ({
    phase: group.phase,
    faults: group.faults,
    windows: group.windows,
    durationMs: group.durationNs / nsPerMs,
    ok: group.ok,
    failed: group.failed,
    degraded: group.degraded,
    perSecond: figuresOfGroup(group).okPerSecond,
    okLatencyMs: group.okLatency.summary(),
  }))
  return { windowGroups }
}
