import type { ResultMemoryKind } from '../archive/memory.ts'
import type { Result } from '../archive/result.ts'
import { type KindVerdict, liveUnits, type MemoryVerdict } from '../judge/memory/live.ts'

/** The `memory` of a result; nothing where the run had no sustained load. */
export function memoryOf(verdict: MemoryVerdict | null): Pick<Result, 'memory'> {
  if (!verdict) return {}
  const { whyNot, heap, kinds, ...others } = verdict
  return { memory: { notJudged: whyNot, ...others, ...(heap && { heap }), kinds: kinds.map(kindOf) } }
}

/** How much the target's memory grew, KiB per minute; null where that was not judged. */
export function rssSlopeKbPerMin(verdict: MemoryVerdict | null): number | null {
  return verdict?.kinds.find(({ kind }) => kind === 'rss')?.trend?.slope ?? null
}

function kindOf({ kind, verdict, reason, trend, points, bound, ...others }: KindVerdict): ResultMemoryKind {
  return {
    kind,
    unit: liveUnits[kind],
    verdict,
    reason,
    slopePerMin: trend && trend.slope,
    interval: trend && [trend.lower, trend.upper],
    slopePerRequest: trend && trend.perRequest,
    thirds: trend && trend.parts,
    bound,
    projected: others.projected,
    budget: others.budget,
    peak: others.peak,
    cutSeconds: others.cutSeconds,
    steadySeconds: others.steadySeconds,
    samples: points,
    mannKendallP: others.mannKendallP,
  }
}
