import type { Clock } from '../kernel/clock.ts'
import { SoakrigError } from '../kernel/errors.ts'
import { nsPerSecond } from '../kernel/units.ts'
import type { LiveReading } from '../load/live-reading.ts'
import type { CountDelta, ShardCommand, ShardReply, SliceReport, SliceTask, WindowDelta } from '../load/protocol.ts'
import type { Plan } from '../plan/plan.ts'
import { policyFiles } from '../resilience/use/module.ts'
import type { Workload } from '../workload/workload.ts'
import { type Child, type ChildOptions, processEntry, startChild, type Unnumbered } from './child.ts'

/** The load workers of a run: worker i of N, all told of the same slice, each carrying its shard. */
export interface Shards extends AsyncDisposable {
  readonly pids: readonly number[]
  /** Runs one slice on all workers; windows go to the listener while it runs. Rejects when a worker dies. */
  run(task: SliceTask): Promise<readonly SliceReport[]>
  /** Ends the slice that runs, and at once each that is run later: nothing is issued, what is in flight is drained. */
  stop(): Promise<void>
  /** Of the slice that runs nothing is measured that is to begin in this time; its end may be told later. */
  recess(fromNs: number, toNs: number | null): Promise<void>
  /** Ends the workers; the slice that runs rejects. */
  kill(): void
}

/** How long the workers may take to get ready; a script that awaits something forever while it is loaded never is. */
const openLimitNs = 30 * nsPerSecond

export interface ShardsOptions extends Pick<ChildOptions<ShardReply>, 'runId' | 'onProcess'> {
  readonly count: number
  readonly profile: Pick<Plan['profile'], 'seed' | 'policies' | 'stressClient'>
  /** By the names that slices have for them. */
  readonly workloads: Readonly<Record<string, Workload>>
  readonly allowedHosts: readonly string[]
  readonly clock: Clock
  /** Hears every window of every worker. */
  readonly onWindow: (window: WindowDelta) => void
  /** Hears what the workers count besides, where a task asks for it. */
  readonly onCounts: (counts: CountDelta) => void
  readonly onReading: (reading: LiveReading) => void
}

/** Starts the load workers. Rejects with `worker-not-ready` (of a script 107) where one takes too long. */
export async function startShards(given: ShardsOptions): Promise<Shards> {
  const { count, profile, workloads, allowedHosts, clock, onWindow, onCounts, onReading, ...options } = given
  const { seed, policies, stressClient } = profile
  const files = policyFiles([...policies.flatMap(({ client }) => client), ...stressClient])
  const workers: Child<Unnumbered<ShardCommand>, ShardReply>[] = Array.from({ length: count }, (_, index) =>
    startChild<ShardCommand, ShardReply>({
      ...options,
      entry: processEntry('../load', import.meta.url),
      role: `worker ${index + 1} of ${count}`,
      onEvent: (reply) => {
        if (reply.kind === 'window') onWindow(reply.window)
        else if (reply.kind === 'counts') onCounts(reply.counts)
        else if (reply.kind === 'reading') onReading(reply.reading)
      },
    }),
  )
  const dispose = async (): Promise<void> => {
    await Promise.all(workers.map((worker) => worker[Symbol.asyncDispose]()))
  }
  const opened = workers.map((worker, index) =>
    worker.ask({ kind: 'open', shard: { index, count }, seed, allowedHosts, workloads, policyFiles: files }),
  )
  const late = Promise.withResolvers<never>()
  const patience = clock.after(openLimitNs, () => late.reject(notReady(workloads, files)))
  try {
    await Promise.race([Promise.all(opened), late.promise])
  } catch (error) {
    await dispose()
    throw error
  } finally {
    patience.cancel()
  }
  let stopping = false
  return {
    pids: workers.map(({ pid }) => pid),
    run: async (task) => {
      const asked = workers.map((worker) => worker.ask({ kind: 'slice', task }))
      // The word to stop came before there was a slice: commands are handled in order, so this ends the one just sent.
      if (stopping) for (const worker of workers) worker.ask({ kind: 'stop' }).catch(() => undefined)
      const replies = await Promise.all(asked)
      return replies.map((reply) => (reply.kind === 'sliced' ? reply.report : unexpected(reply)))
    },
    async stop() {
      stopping = true
      await Promise.all(workers.map((worker) => worker.ask({ kind: 'stop' })))
    },
    async recess(fromNs, toNs) {
      await Promise.all(workers.map((worker) => worker.ask({ kind: 'recess', fromNs, toNs })))
    },
    kill() {
      for (const worker of workers) worker.kill()
    },
    [Symbol.asyncDispose]: dispose,
  }
}

function notReady(workloads: ShardsOptions['workloads'], policies: readonly string[]): SoakrigError {
  const limit = `within ${openLimitNs / nsPerSecond} s`
  const modules = [
    ...Object.values(workloads).flatMap(({ script }) => (script === null ? [] : [`the script ${script}`])),
    ...policies.map((file) => `the policy ${file}`),
  ]
  const [message, exit] =
    modules.length === 0
      ? [`the load workers did not get ready ${limit}`, 'bug' as const]
      : [`${modules.join(' or ')} was not loaded ${limit}`, 'userScript' as const]
  return new SoakrigError(message, { code: 'worker-not-ready', exit })
}

function unexpected(reply: ShardReply): never {
  throw new SoakrigError(`a load worker answered ${reply.kind}`, { code: 'child-failed', exit: 'bug' })
}
