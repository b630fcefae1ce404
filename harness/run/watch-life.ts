import type { Clock } from '../kernel/clock.ts'
import { nsPerSecond } from '../kernel/units.ts'
import type { Arm } from '../plan/arms.ts'
import type { Plan } from '../plan/plan.ts'
import type { HeapProbe } from '../target/heap/heap.ts'
import { type HeapWatchOptions, withHeap } from './heap-watch.ts'
import type { TargetLife } from './life.ts'
import { withQueue } from './queue-watch.ts'
import { type ResourceWatch, watchResources } from './watch.ts'

const intervalNs = { smoke: 0.2 * nsPerSecond, long: nsPerSecond }

/** So many collections in a run of any length: a line is fitted to those of its last two thirds. */
const collections = 24
const leastEveryNs = 10 * nsPerSecond
/** In less nothing could be said of a heap. */
const leastNs = 290 * nsPerSecond

/** What is watched, and what is in force around it. */
export interface WatchedSlice extends Pick<HeapWatchOptions, 'recess'> {
  readonly life: Pick<TargetLife, 'sampleTarget' | 'target'>
  readonly arm: Pick<Arm, 'phaseKind' | 'sliceNs'>
  readonly clock: Clock
  /** Whether a fault is in force. */
  readonly isFaulty: () => boolean
}

/**
 * Watches what the target uses while a slice runs; in the sustained load of a long run also its heap, where it can be asked
 * for that; and in a scenario the queue of a built-in one: any other would count the looks at what it does not have.
 */
export function watchLife(
  { life, arm, clock, isFaulty, recess }: WatchedSlice,
  { mode, scenario, target }: Pick<Plan['profile'], 'mode' | 'scenario' | 'target'>,
): ResourceWatch {
  const watch = watchResources(() => life.sampleTarget(), life.target, clock, intervalNs[mode.name])
  if (scenario) return target.kind === 'builtin' ? withQueue(watch, life.target, clock) : watch
  const sustained = mode.name === 'long' && arm.phaseKind === 'stress' && arm.sliceNs >= leastNs
  // A target that was started again has another.
  const probe = (): HeapProbe | null => ('probe' in life.target.heap ? life.target.heap.probe : null)
  if (!sustained || probe() === null) return watch
  const everyNs = Math.max(leastEveryNs, arm.sliceNs / collections)
  const isBusy = (): boolean => life.target.isDown || isFaulty()
  return withHeap(watch, { probe, everyNs, clock, isBusy, recess })
}
