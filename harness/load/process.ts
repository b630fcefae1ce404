import { watchEventLoop } from '../kernel/event-loop.ts'
import { exitCodes } from '../kernel/exit-codes.ts'
import { reportOf } from '../kernel/failure-report.ts'
import { resolveAllowed } from '../kernel/loopback.ts'
import { serveParent } from '../kernel/parent-channel.ts'
import { openPreciseClock } from '../kernel/precise-clock.ts'
import { createRng } from '../kernel/rng.ts'
import { TimerWheel } from '../kernel/timer-wheel.ts'
import { checkPolicyModules } from '../resilience/use/module.ts'
import { ArmClients } from './arm-clients.ts'
import type { OpenCrew } from './crew.ts'
import { openCrews } from './crews.ts'
import type { LiveReading } from './live-reading.ts'
import type { Shard, ShardCommand, ShardReply } from './protocol.ts'
import { escaped } from './script/escape.ts'
import { type RunningSlice, startSlice } from './slice.ts'

/** A load worker's process: worker i of N, told to run one slice after the other. */
const clock = openPreciseClock()
const wheel = new TimerWheel(clock)
const eventLoop = watchEventLoop()
const clients = new ArmClients(wheel)
let shard: Shard = { index: 0, count: 1 }
let rng = createRng(0)
let allowedHosts: readonly string[] = []
/** The modules of users that this process runs. */
let modules: readonly string[] = []
/** By the names of their workloads. */
const crews = new Map<string, OpenCrew>()
let running: RunningSlice | undefined

const channel = serveParent<ShardCommand, ShardReply>(
  async (command) => {
    const { id } = command
    if (command.kind === 'open') {
      ;({ shard, allowedHosts } = command)
      rng = createRng(command.seed).fork('load')
      const { workloads, policyFiles } = command
      modules = [...Object.values(workloads).flatMap(({ script }) => script ?? []), ...policyFiles]
      await checkPolicyModules(policyFiles)
      for (const [name, workload] of Object.entries(workloads)) crews.set(name, await openCrews(workload, shard, rng))
      channel.send({ kind: 'done', id })
    } else if (command.kind === 'stop') {
      running?.stop()
      channel.send({ kind: 'done', id })
    } else if (command.kind === 'recess') {
      running?.recess(command.fromNs, command.toNs)
      channel.send({ kind: 'done', id })
    } else {
      const { task } = command
      const openCrew = crews.get(task.workload)
      if (!openCrew) throw new Error(`the workload ${task.workload} was not opened`)
      const address = await resolveAllowed(task.host, allowedHosts)
      const others = await Promise.all(
        task.others.map(async (one) => ({ ...one, address: await resolveAllowed(one.host, allowedHosts) })),
      )
      const emit = (window: Extract<ShardReply, { kind: 'window' }>['window']): void =>
        channel.send({ kind: 'window', window })
      const emitCounts = (counts: Extract<ShardReply, { kind: 'counts' }>['counts']): void =>
        channel.send({ kind: 'counts', counts })
      const emitReading = (reading: LiveReading): void => channel.send({ kind: 'reading', reading })
      eventLoop.takeP99Ms()
      const client = await clients.of(task, rng)
      const own = { shard, clock, wheel, eventLoop, rng, openCrew, client }
      running = await startSlice({ ...own, task, address, others, allowedHosts, emit, emitCounts, emitReading })
      // Not awaited: `stop` must be handled while the slice runs.
      void running.report.then((report) => channel.send({ kind: 'sliced', id, report }))
    }
  },
  (error) => {
    const failure = escaped(error, modules)
    return failure === null ? null : { kind: 'failed', ...reportOf(failure) }
  },
)

// Nothing of ours ends a worker while its parent is there.
process.once('exit', () => {
  if (modules.length > 0 && process.connected) process.exitCode = exitCodes.userScript
})
