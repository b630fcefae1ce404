import { realClock } from '../../harness/kernel/clock.ts'
import { createRng } from '../../harness/kernel/rng.ts'
import { TimerWheel } from '../../harness/kernel/timer-wheel.ts'
import { openCrews } from '../../harness/load/crews.ts'
import type { Shard, SliceTask, WindowDelta } from '../../harness/load/protocol.ts'
import { type RunningSlice, startSlice } from '../../harness/load/slice.ts'
import { Client } from '../../harness/resilience/client.ts'
import type { Workload } from '../../harness/workload/workload.ts'
import { workloadOf } from './slice-task.ts'

export interface RealSliceOptions {
  readonly workload?: Workload
  readonly shard?: Shard
  readonly emit?: (window: WindowDelta) => unknown
  /** One that outlives the slice, with the wheel of its timers; absent: one of the slice's own. */
  readonly client?: { readonly client: Client; readonly wheel: TimerWheel }
}

/** Starts one slice in this process on real sockets; once its report is there, nothing may be left in the wheel. */
export async function startRealSlice(
  task: SliceTask,
  { workload = workloadOf(), shard = { index: 0, count: 1 }, emit = () => {}, client: kept }: RealSliceOptions = {},
): Promise<{ readonly slice: RunningSlice; readonly wheel: TimerWheel }> {
  const rng = createRng(1)
  const wheel = kept?.wheel ?? new TimerWheel(realClock)
  const slice = await startSlice({
    task,
    client: kept?.client ?? new Client(task.client, { wheel, rng }),
    address: '127.0.0.1',
    allowedHosts: [],
    shard,
    clock: realClock,
    wheel,
    eventLoop: { takeP99Ms: () => 0 },
    rng,
    openCrew: await openCrews(workload, shard, rng),
    emit,
  })
  return { slice, wheel }
}
