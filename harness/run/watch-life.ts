import type { Clock } from '../kernel/clock.ts'
import { nsPerSecond } from '../kernel/units.ts'
import type { Plan } from '../plan/plan.ts'
import type { TargetLife } from './life.ts'
import { withQueue } from './queue-watch.ts'
import { type ResourceWatch, watchResources } from './watch.ts'

const intervalNs = { smoke: 0.2 * nsPerSecond, long: nsPerSecond }

/** Watches what the target uses while a slice runs, and in a scenario also its queue. */
export function watchLife(life: TargetLife, { mode, scenario }: Plan['profile'], clock: Clock): ResourceWatch {
  const watch = watchResources(
    () => life.sampleTarget(),
    () => life.target.isDown,
    clock,
    intervalNs[mode.name],
  )
  return scenario ? withQueue(watch, life.target, clock) : watch
}
