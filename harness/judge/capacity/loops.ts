import type { LoadPoint } from './usl.ts'

/** The scalability law wants so many loads. */
const leastLoads = 6
const mostLoops = 256
/** Twice as many loops that get less than this more done, two times over, are enough. */
const leastGain = 1.05

/** How many closed loops to measure next: 1, 2, 4, …; null when more of them would tell nothing new. */
export function nextLoops(points: readonly LoadPoint[]): number | null {
  const next = 2 ** points.length
  if (points.length < leastLoads) return next
  const best = Math.max(...points.slice(0, -2).map(({ perSecond }) => perSecond))
  const gained = points.slice(-2).some(({ perSecond }) => perSecond > leastGain * best)
  return gained && next <= mostLoops ? next : null
}
