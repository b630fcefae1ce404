import type { Clock } from '../kernel/clock.ts'
import { nsPerSecond } from '../kernel/units.ts'
import type { Plan } from '../plan/plan.ts'
import type { TargetLife } from './life.ts'
import { withQueue } from './queue-watch.ts'
import { type ResourceWatch, watchResources } from './watch.ts'

const intervalNs = { smoke: 0.2 * nsPerSecond, long: nsPerSecond }

/**
 * Watches what the target uses while a slice runs, and in a scenario also the queue of a built-in one: any other would count
 * the looks at what it does not have.
 */
export function watchLife(
  life: Pick<TargetLife, 'sampleTarget' | 'target'>,
  { mode, scenario, target }: Pick<Plan['profile'], 'mode' | 'scenario' | 'target'>,
  clock: Clock,
): ResourceWatch {
  const watch = watchResources(() => life.sampleTarget(), life.target, clock, intervalNs[mode.name])
  return scenario && target.kind === 'builtin' ? withQueue(watch, life.target, clock) : watch
}
