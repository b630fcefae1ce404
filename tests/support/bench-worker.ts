import { realClock } from '../../harness/kernel/clock.ts'
import type { ShardCommand, ShardReply, SliceReport, SliceTask, WindowDelta } from '../../harness/load/protocol.ts'
import { readStat } from '../../harness/target/proc.ts'
import type { Workload, WorkloadRequest } from '../../harness/workload/workload.ts'
import { moveToCore } from './bench-cores.ts'
import type { LiveMemory } from './bench-live-memory.ts'
import { type Forked, forkEntry } from './forked.ts'
import { requestOf, taskOf } from './slice-task.ts'

/** A load worker without a conductor. */
export interface BenchWorker extends AsyncDisposable {
  readonly pid: number
  /** Runs a slice to its end; `watch` is told of each window as it comes. */
  slice(task: SliceTask, watch?: (window: WindowDelta) => void): Promise<SliceReport>
  /** Ends the slice that runs. */
  stop(): void
  /** User and system time of its process so far, in ms; in clock ticks, which are 10 ms on every Linux that Node runs on. */
  cpuMs(): number
  /** What of its memory is still in use after a collection, in MB; only of one that was opened for it. */
  liveMb(): Promise<number>
}

/** The seed of every worker of a bench. */
export const workerSeed = 1

/** A GET of `/` that must be answered 200: no tool looks at more than the status. */
export const plainRequest: WorkloadRequest<'http'> = requestOf({
  name: 'plain',
  message: { path: '/' },
  expect: { status: 200, body: null, checks: [] },
})

/** Forks a load worker and opens a workload in it. */
export async function openWorker(
  workload: Workload,
  core: number | undefined,
  { live = false }: { readonly live?: boolean } = {},
): Promise<BenchWorker> {
  const worker = forkWith(live ? `--import=${new URL('bench-live-memory.ts', import.meta.url).href}` : '')
  const pid = worker.child.pid ?? 0
  let id = 1
  let asked = 0
  const shard = { index: 0, count: 1 }
  worker.send({
    kind: 'open',
    id,
    shard,
    seed: workerSeed,
    allowedHosts: [],
    workloads: { test: workload },
    policyFiles: [],
  })
  await worker.reply('done', id)
  moveToCore(core, pid)
  return {
    pid,
    async slice(task, watch) {
      const sliceId = ++id
      const tell = (reply: ShardReply | LiveMemory): void => {
        if (reply.kind === 'window') watch?.(reply.window)
      }
      // Nobody reads the replies again, and a long slice has many windows.
      worker.replies.length = 0
      worker.child.on('message', tell)
      worker.send({ kind: 'slice', id: sliceId, task })
      const { report } = await worker.reply('sliced', sliceId)
      worker.child.off('message', tell)
      return report
    },
    stop: () => worker.send({ kind: 'stop', id: ++id }),
    cpuMs: () => (readStat(pid)?.cpuTicks ?? Number.NaN) * 10,
    async liveMb() {
      worker.child.kill('SIGUSR2')
      return (await worker.reply('live-memory', ++asked)).mb
    },
    [Symbol.asyncDispose]: () => worker[Symbol.asyncDispose](),
  }
}

/** Forks a worker with these options of Node beside those that this process has from its own environment. */
function forkWith(options: string): Forked<ShardCommand, ShardReply | LiveMemory> {
  const own = process.env['NODE_OPTIONS']
  process.env['NODE_OPTIONS'] = `${own ?? ''} ${options}`
  const worker = forkEntry<ShardCommand, ShardReply | LiveMemory>('load')
  if (own === undefined) delete process.env['NODE_OPTIONS']
  else process.env['NODE_OPTIONS'] = own
  return worker
}

/** A slice of this load and so many seconds that begins in a moment. */
export function sliceSoon(
  port: number,
  load: SliceTask['load'],
  seconds: number,
  changes: Partial<SliceTask> = {},
): SliceTask {
  return taskOf(port, realClock.nowNs() + 50e6, {
    load,
    discardNs: 250e6,
    measureNs: seconds * 1e9,
    windowNs: 1e9,
    drainNs: 2e9,
    ...changes,
  })
}

/** Throws when an operation of a slice has failed: what fails costs something else than what succeeds. */
export function mustSucceed({ all }: SliceReport): void {
  const { failed, cutOff, count } = all.operations
  if (failed > 0 || cutOff > 0 || count === 0)
    throw new Error(`${failed} of ${count} operations failed, ${cutOff} were cut off: ${JSON.stringify(all.errors)}`)
}
