import type { RateSlice } from '../../harness/judge/capacity/rate-step.ts'
import type { Rng } from '../../harness/kernel/rng.ts'

/** A target of so many servers before which requests wait in line. */
export interface QueueingTarget {
  readonly servers: number
  readonly serviceSeconds: number
  /** Exponential service times; else all take the same. */
  readonly rng?: Rng
  /** How much longer a service takes for each request that waits. */
  readonly thrash?: number
}

/** What a slice of evenly spaced arrivals at a rate comes to, counted from a fifth of it to four fifths. */
export function offer(target: QueueingTarget, due: number, seconds = 5, sloMs = Number.POSITIVE_INFINITY): RateSlice {
  const ends = endsOf(target, due, seconds)
  const [from, to] = [seconds / 5, (seconds * 4) / 5]
  const ended = ends.filter((end) => end >= from && end < to).length / (to - from)
  const waits = ends.map((end, index) => end - index / due).toSorted((a, b) => a - b)
  const p99Ms = 1000 * (waits[Math.floor(0.99 * waits.length)] ?? 0)
  return {
    seconds: to - from,
    due,
    sent: due,
    ended,
    ok: ended,
    errorRate: 0,
    inTime: p99Ms < sloMs,
    generator: 'fine',
  }
}

function endsOf({ servers, serviceSeconds, rng, thrash = 0 }: QueueingTarget, due: number, seconds: number): number[] {
  const freeAt = Array.from({ length: servers }, () => 0)
  const ends: number[] = []
  for (let index = 0; index / due < seconds; index++) {
    const arrival = index / due
    const server = freeAt.indexOf(Math.min(...freeAt))
    const waiting = thrash === 0 ? 0 : ends.slice(-200).filter((end) => end > arrival).length
    const drawn = rng ? -Math.log(1 - rng.next()) * serviceSeconds : serviceSeconds
    const end = Math.max(arrival, freeAt[server] as number) + drawn * (1 + thrash * waiting)
    freeAt[server] = end
    ends.push(end)
  }
  return ends
}
