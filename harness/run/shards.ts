import { SoakrigError } from '../kernel/errors.ts'
import type { ShardCommand, ShardReply, SliceReport, SliceTask, WindowDelta } from '../load/protocol.ts'
import type { Workload } from '../workload/workload.ts'
import { type Child, type ChildOptions, processEntry, startChild, type Unnumbered } from './child.ts'

/** The load workers of a run: worker i of N, all told of the same slice, each carrying its shard. */
export interface Shards extends AsyncDisposable {
  readonly pids: readonly number[]
  /** Runs one slice on all workers; windows go to the listener while it runs. Rejects when a worker dies. */
  run(task: SliceTask): Promise<readonly SliceReport[]>
  /** Ends the slice that runs, and at once each that is run later: nothing is issued, what is in flight is drained. */
  stop(): Promise<void>
  /** Ends the workers; the slice that runs rejects. */
  kill(): void
}

export interface ShardsOptions extends Pick<ChildOptions<ShardReply>, 'runId' | 'onProcess'> {
  readonly count: number
  readonly seed: number
  readonly allowedHosts: readonly string[]
  readonly workload: Workload
  /** Hears every window of every worker. */
  readonly onWindow: (window: WindowDelta) => void
}

/** Starts the load workers. */
export async function startShards(given: ShardsOptions): Promise<Shards> {
  const { count, seed, allowedHosts, workload, onWindow, ...options } = given
  const workers: Child<Unnumbered<ShardCommand>, ShardReply>[] = Array.from({ length: count }, (_, index) =>
    startChild<ShardCommand, ShardReply>({
      ...options,
      entry: processEntry('../load', import.meta.url),
      role: `worker ${index + 1} of ${count}`,
      onEvent: (reply) => {
        if (reply.kind === 'window') onWindow(reply.window)
      },
    }),
  )
  const dispose = async (): Promise<void> => {
    await Promise.all(workers.map((worker) => worker[Symbol.asyncDispose]()))
  }
  const opened = workers.map((worker, index) =>
    worker.ask({ kind: 'open', shard: { index, count }, seed, allowedHosts, workload }),
  )
  await Promise.all(opened).catch(async (error: unknown) => {
    await dispose()
    throw error
  })
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
    kill() {
      for (const worker of workers) worker.kill()
    },
    [Symbol.asyncDispose]: dispose,
  }
}

function unexpected(reply: ShardReply): never {
  throw new SoakrigError(`a load worker answered ${reply.kind}`, { code: 'child-failed', exit: 'bug' })
}
