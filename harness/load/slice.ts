import type { Clock } from '../kernel/clock.ts'
import type { EventLoopMonitor } from '../kernel/event-loop.ts'
import { cpuTimeMs } from '../kernel/host.ts'
import type { Rng } from '../kernel/rng.ts'
import { type TimerWheel, wheelEntry } from '../kernel/timer-wheel.ts'
import { openStages } from '../resilience/client.ts'
import type { PolicyCounters } from '../resilience/policy.ts'
import { ClosedLoop, type LoopContext } from './closed-loop.ts'
import { encodeRequest } from './http1/encode.ts'
import { ConnectionPool } from './http1/pool.ts'
import type { LoadRequest, Shard, SliceReport, SliceTask, WindowDelta } from './protocol.ts'
import { SliceRecorder } from './recorder.ts'

/** The longest drain of a slice that was stopped. */
const stoppedDrainNs = 1e9

export interface SliceOptions {
  readonly task: SliceTask
  /** The address that the task's host resolved to. */
  readonly address: string
  readonly shard: Shard
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly eventLoop: EventLoopMonitor
  readonly rng: Rng
  readonly emit: (window: WindowDelta) => void
}

/** A slice while it runs. */
export interface RunningSlice {
  /** Resolves when the last operation has ended or was cut off, and the connections are closed. */
  readonly report: Promise<SliceReport>
  /** Stops issuing now; what runs is drained. */
  stop(): void
}

/** The part of `total` that shard i of n carries; the parts differ by at most one and add up to it. */
export function shareOfShard(total: number, { index, count }: Shard): number {
  return Math.floor((total * (index + 1)) / count) - Math.floor((total * index) / count)
}

/** Draws an index with a probability proportional to its weight. */
export function weightedPick(requests: readonly Pick<LoadRequest, 'weight'>[]): (rng: Rng) => number {
  const total = requests.reduce((sum, { weight }) => sum + weight, 0)
  return (rng) => {
    let left = rng.next() * total
    const index = requests.findIndex(({ weight }) => (left -= weight) < 0)
    return Math.max(0, index)
  }
}

/** Starts one slice of closed loops. */
export function startSlice(options: SliceOptions): RunningSlice {
  const { task, address, shard, clock, wheel, eventLoop, rng, emit } = options
  const measureFromNs = task.startAtNs + task.discardNs
  const workers = shareOfShard(task.workers, shard)
  const recorder = new SliceRecorder(task, emit)
  const pool = new ConnectionPool(shareOfShard(task.connections, shard), {
    host: address,
    port: task.port,
    timeoutNs: task.timeoutNs,
    clock,
    wheel,
  })
  const counters: PolicyCounters = {}
  const { promise: loopsEnded, resolve } = Promise.withResolvers<void>()
  let running = workers

  const context: LoopContext = {
    clock,
    wheel,
    pool,
    recorder,
    requests: task.requests.map((request) => encodeRequest(request, task.host, task.port)),
    pick: weightedPick(task.requests),
    measureFromNs,
    endNs: measureFromNs + task.measureNs,
    ended: () => {
      if (--running === 0) resolve()
    },
  }
  const loops = Array.from({ length: workers }, (_, index) => {
    const own = rng.fork(task.arm, task.slice, shard.index, index)
    return new ClosedLoop(context, openStages(task.client, own.fork('client'), counters), own.fork('requests'))
  })
  for (const [index, loop] of loops.entries()) {
    // Started together, equal operations would stay in step and come in waves; spread over the discard they do not.
    loop.startAt(task.startAtNs + ((index * shard.count + shard.index) / task.workers) * task.discardNs)
  }
  // A shard without loops lives as long as the others, so that its windows complete theirs.
  const timers = createTimers({ task, context, recorder, loops, wheel, clock, idle: workers === 0 ? resolve : null })

  const report = loopsEnded.then(() => {
    timers.cancel()
    // Stopped before its measured time began, a slice has one empty window of no length.
    recorder.closeWindow(Math.max(measureFromNs, Math.min(clock.nowNs(), context.endNs)))
    pool.close()
    return recorder.finish({
      policyCounters: counters,
      measuredNs: Math.max(0, context.endNs - measureFromNs),
      cpuMs: timers.cpuMs(),
      eventLoopDelayP99Ms: eventLoop.takeP99Ms(),
    })
  })
  return {
    report,
    stop() {
      // Also in the drain, which is cut short then.
      context.endNs = Math.min(context.endNs, clock.nowNs())
      timers.stop()
    },
  }
}

interface TimerOptions {
  readonly task: SliceTask
  readonly context: LoopContext
  readonly recorder: SliceRecorder
  readonly loops: readonly ClosedLoop[]
  readonly wheel: TimerWheel
  readonly clock: Clock
  /** Called at the end of the measured time of a slice without loops; null for one that has some. */
  readonly idle: (() => void) | null
}

/** The moments of a slice: the start of the measured time, the end of each window, of the measured time, of the drain. */
function createTimers({ task, context, recorder, loops, wheel, clock, idle }: TimerOptions) {
  const { measureFromNs, endNs } = context
  let cpuFromMs: number | null = null
  let cpuToMs: number | null = null
  let { drainNs } = task
  let windowEndNs = measureFromNs + task.windowNs

  const cutOff = wheelEntry((nowNs) => {
    for (const loop of loops) loop.cutOff(nowNs)
  })
  const end = wheelEntry((nowNs) => {
    cpuToMs ??= cpuTimeMs()
    wheel.cancel(measure)
    wheel.cancel(window)
    wheel.schedule(cutOff, nowNs + drainNs)
    idle?.()
  })
  const window = wheelEntry(() => {
    recorder.closeWindow(windowEndNs)
    windowEndNs += task.windowNs
    if (windowEndNs < context.endNs) wheel.schedule(window, windowEndNs)
  })
  const measure = wheelEntry(() => {
    cpuFromMs = cpuTimeMs()
  })

  wheel.schedule(measure, measureFromNs)
  if (windowEndNs < endNs) wheel.schedule(window, windowEndNs)
  wheel.schedule(end, endNs)
  return {
    /** Ends the measured time now; whoever stops a slice does not want to wait for what hangs. */
    stop() {
      drainNs = Math.min(drainNs, stoppedDrainNs)
      wheel.schedule(end, clock.nowNs())
    },
    cpuMs: () => (cpuFromMs === null ? 0 : (cpuToMs ?? cpuTimeMs()) - cpuFromMs),
    cancel() {
      for (const entry of [measure, window, end, cutOff]) wheel.cancel(entry)
    },
  }
}
