import type { Curve } from '../../workload/model.ts'
import { levelAt, levelIn, type Stretch } from './curve.ts'
import { dealtTo, type Part } from './shard.ts'

/**
 * Users of a closed load are numbered from 0 over all its parts, and user k is there while the level is over k. So a level of W
 * has exactly W users, one between W - 1 and W has W too, and on the way from 0 to 10 user k comes when the level passes k.
 */
export function isActive(workers: Curve, user: number, elapsedNs: number): boolean {
  return levelAt(workers, elapsedNs) > user
}

/** The first time from `elapsedNs` on, in ns, at which the user is there; Infinity when there is none. */
export function nextActiveNs(workers: Curve, user: number, elapsedNs: number): number {
  const fromNs = Math.max(0, elapsedNs)
  if (isActive(workers, user, fromNs)) return fromNs
  let level = workers.from
  let startNs = 0
  for (const { durationNs, to } of workers.stages) {
    if (startNs >= fromNs && durationNs > 0 && level > user) return startNs
    if (startNs + durationNs > fromNs && to > user) {
      const takenNs = passedAfter({ from: level, to, durationNs }, user, fromNs - startNs)
      if (takenNs < durationNs) return startNs + takenNs
    }
    level = to
    startNs += durationNs
  }
  return level > user ? startNs : Number.POSITIVE_INFINITY
}

/** When a rising stretch has passed a level, in ns from its beginning and not before `leastNs`; its whole duration when only then. */
function passedAfter(stretch: Stretch, level: number, leastNs: number): number {
  const { from, to, durationNs } = stretch
  let takenNs = Math.max(leastNs, Math.floor(((level - from) / (to - from)) * durationNs))
  // On a slope so slight that one ns does not show in the level, a few more are needed.
  for (let stepNs = 1; takenNs < durationNs && !(levelIn(stretch, takenNs) > level); stepNs *= 2) takenNs += stepNs
  return Math.min(takenNs, durationNs)
}

/** How many users there are at once, at most. */
export function mostUsers({ from, stages }: Curve): number {
  let level = from
  let most = 0
  for (const { durationNs, to } of stages) {
    // What a jump only passes by is never held.
    if (durationNs > 0) most = Math.max(most, level, to)
    level = to
  }
  return Math.ceil(Math.max(most, level))
}

/** The numbers of the users that part i of N carries: i, i + N and so on. */
export function usersOfShard(workers: Curve, shard: Part): number[] {
  const count = dealtTo(mostUsers(workers), shard)
  return Array.from({ length: count }, (_, place) => shard.index + place * shard.count)
}
