import type { HogCommand, HogReply } from '../faults/hog/protocol.ts'
import type { HogHandle } from '../faults/target-fault.ts'
import type { Clock } from '../kernel/clock.ts'
import { nsPerMs } from '../kernel/units.ts'
import { createProcessSampler } from '../target/sample.ts'
import { type Child, type ChildOptions, processEntry, startChild, type Unnumbered } from './child.ts'

/** Whose processes they are. */
export interface HogContext extends Pick<ChildOptions<HogReply>, 'runId' | 'onProcess'> {
  readonly clock: Clock
}

/** Starts processes that each burn a share of one core; resolves when all of them do. */
export async function startHogs(workers: number, share: number, { clock, ...options }: HogContext): Promise<HogHandle> {
  const hogs = await Promise.all(
    Array.from({ length: workers }, async (_, index) => {
      const role = `hog ${index + 1} of ${workers}`
      const child = startChild<HogCommand, HogReply>({
        ...options,
        entry: processEntry('../faults/hog', import.meta.url),
        role,
      })
      return { child, ...(await began(child, share, clock)) }
    }),
  )
  return {
    stop: () =>
      Promise.all(
        hogs.map(async ({ child, sampler, startMs }) => {
          const { cpuMs } = await sampler.sample()
          await child[Symbol.asyncDispose]()
          return (cpuMs - startMs) * nsPerMs
        }),
      ),
  }
}

async function began(child: Child<Unnumbered<HogCommand>, HogReply>, share: number, clock: Clock) {
  try {
    await child.ask({ kind: 'burn', share })
    const sampler = createProcessSampler(child.pid, clock)
    const { cpuMs: startMs } = await sampler.sample()
    return { sampler, startMs }
  } catch (error) {
    await child[Symbol.asyncDispose]()
    throw error
  }
}
