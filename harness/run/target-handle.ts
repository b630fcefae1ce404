import type { TargetHandle } from '../faults/target-fault.ts'
import type { RestartableTarget } from '../target/restartable.ts'
import type { Sampler } from '../target/sample.ts'
import { type HogContext, startHogs } from './hogs.ts'

/** What faults on the target itself get: its processes, and those of ours beside it. The sampler follows what is started. */
export function targetHandle(target: RestartableTarget, sampler: Sampler | null, context: HogContext): TargetHandle {
  return {
    async kill(signal) {
      // What it has used until now is known to nobody once it is dead.
      await sampler?.sample()
      return target.kill(signal)
    },
    async restart() {
      await target.restart()
      if (target.root) sampler?.follow(target.root)
    },
    freeze: () => target.freeze(),
    thaw: () => target.thaw(),
    hog: (workers, share) => startHogs(workers, share, context),
  }
}
