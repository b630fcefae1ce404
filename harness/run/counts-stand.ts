import type { Clock } from '../kernel/clock.ts'
import { nsPerMs } from '../kernel/units.ts'
import type { TargetLife } from './life.ts'

const pollNs = 20 * nsPerMs

/**
 * Waits until the target's own count, and those of these `others`, stand still from one look to the next, or `limitNs` are
 * over. Where none of them can be read there is nothing to wait for.
 */
export async function untilCountsStand(
  life: { readonly counter: TargetLife['counter']; readonly others: Pick<TargetLife['others'], 'read' | 'between'> },
  others: readonly string[],
  clock: Clock,
  limitNs: number,
): Promise<void> {
  const { counter } = life
  if (!counter && others.length === 0) return
  const look = async () => ({ own: (await counter?.read()) ?? null, others: await life.others.read(others) })
  const untilNs = clock.nowNs() + limitNs
  for (let last = await look(); clock.nowNs() < untilNs;) {
    await clock.sleep(pollNs)
    const next = await look()
    const own = counter && last.own && next.own ? counter.requestsBetween(last.own, next.own) : null
    const counts = [own, ...Object.values(life.others.between(last.others, next.others))]
    if (!counts.some((count) => count !== null && 'requests' in count && count.requests > 0)) return
    last = next
  }
}
