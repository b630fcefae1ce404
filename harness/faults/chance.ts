import type { StageContext } from './fault.ts'

/** Whether chance hits one thing now: with this probability at full strength, and less of it in a ramp. One decision. */
export function hits(
  context: Pick<StageContext, 'rng' | 'decide' | 'strength'>,
  kind: string,
  probability: number,
  nowNs: number,
): boolean {
  return context.decide(kind, () => context.rng.next()) < probability * context.strength(nowNs)
}
