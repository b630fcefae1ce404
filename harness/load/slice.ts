import type { Dialer } from '../faults/dialer.ts'
import type { Clock } from '../kernel/clock.ts'
import type { EventLoopMonitor } from '../kernel/event-loop.ts'
import { cpuTimeMs } from '../kernel/host.ts'
import { type TimerWheel, wheelEntry } from '../kernel/timer-wheel.ts'
import { subtractRecords } from '../measure/counts.ts'
import { dealtTo } from '../plan/pacer/shard.ts'
import type { LoadModel } from '../workload/model.ts'
import { ClosedModelRunner } from './closed-model.ts'
import type { CrewOptions, OpenCrew } from './crew.ts'
import type { ModelContext, ModelRunner } from './model.ts'
import { OpenModelRunner } from './open-model.ts'
import { countTeller } from './count-teller.ts'
import type { LiveReading } from './live-reading.ts'
import type { CountDelta, SliceReport, SliceTask } from './protocol.ts'
import { type ReadingTeller, readingTeller } from './reading-teller.ts'
import type { SliceRecorder } from './recorder.ts'

/** The longest drain of a slice that was stopped. */
const stoppedDrainNs = 1e9

export interface SliceOptions extends Omit<CrewOptions, 'dialer' | 'protocolCounters'> {
  /** Where connections may go besides loopback, as of `mayDial`. */
  readonly allowedHosts: readonly string[]
  readonly eventLoop: EventLoopMonitor
  readonly openCrew: OpenCrew
  /** Hears what the task wants told besides the windows. */
  readonly emitCounts?: (counts: CountDelta) => void
  /** Hears how the policies of the client fare, where the task wants it told. */
  readonly emitReading?: (reading: LiveReading) => void
}

/** A slice while it runs. */
export interface RunningSlice {
  /** Resolves when the last operation has ended or was cut off, and the connections are closed. */
  readonly report: Promise<SliceReport>
  /** Stops issuing now; what runs is drained. */
  stop(): void
  /** What is to begin from one moment to another is not measured; the end is told later, where it is null. */
  recess(fromNs: number, toNs: number | null): void
}

/** Starts one slice of a load model. */
export async function startSlice(options: SliceOptions): Promise<RunningSlice> {
  const { task, shard, clock, wheel, eventLoop, rng, openCrew, client } = options
  const measureFromNs = task.startAtNs + task.discardNs
  const counted = client.counters()
  client.takePeaks()
  client.log.take()
  const protocolCounters: Record<string, number> = {}
  const { promise: ended, resolve } = Promise.withResolvers<void>()
  const dialer = await dialerOf(options)
  const crew = await openCrew({ ...options, dialer, protocolCounters })
  const { iterations } = task.load
  const context: ModelContext = {
    clock,
    wheel,
    recorder: crew.recorder,
    shard,
    rng: rng.fork(task.arm, task.slice),
    createUser: crew.createUser,
    // As arrivals are dealt out, so that all workers together do the first so many of the schedule.
    iterations: iterations === null ? null : dealtTo(iterations, shard),
    startAtNs: task.startAtNs,
    measureFromNs,
    endNs: measureFromNs + task.measureNs,
    ended: (nowNs) => {
      // A fixed number of iterations was done before the time was over.
      context.endNs = Math.min(context.endNs, Math.max(measureFromNs, nowNs))
      resolve()
    },
  }
  const model = runnerOf(task.load, context)
  const teller = countTeller({ ...options, recorder: crew.recorder })
  const readings = readingTeller({ ...options, recorder: crew.recorder })
  const timers = createTimers({ task, context, recorder: crew.recorder, readings, model, wheel, clock })
  model.start()

  const report = ended.then(() => {
    timers.cancel()
    teller.end(clock.nowNs())
    crew.close()
    dialer?.close()
    readings.end(clock.nowNs())
    // Stopped before its measured time began, a slice has one empty window of no length.
    crew.recorder.closeWindow(Math.max(measureFromNs, Math.min(clock.nowNs(), context.endNs)))
    return crew.recorder.finish({
      policyCounters: subtractRecords(client.counters(), counted),
      policyPeaks: client.takePeaks(),
      policyEvents: client.log.take(),
      deadLetters: client.letters.take(),
      dialerTallies: dialer?.tallies() ?? {},
      protocolCounters,
      measuredNs: Math.max(0, context.endNs - measureFromNs - crew.recorder.recess.takenNs(context.endNs)),
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
    recess: (fromNs, toNs) => crew.recorder.recess.set(fromNs, toNs),
  }
}

/** Faults of connections are loaded when a slice first has one. */
async function dialerOf({ task, shard, rng, address, ...shared }: SliceOptions): Promise<Dialer | undefined> {
  if (task.dialer === null) return undefined
  const { createDialer } = await import('../faults/dialer.ts')
  return createDialer({
    ...shared,
    task: task.dialer,
    layer: task.arm,
    address,
    port: task.port,
    originNs: task.startAtNs,
    rng: rng.fork(task.arm, task.slice, 'dialer', shard.index),
  })
}

function runnerOf(load: LoadModel, context: ModelContext): ModelRunner {
  if (load.model === 'closed') return new ClosedModelRunner(load, context)
  if (load.rate.kind === 'share') throw new RangeError('the rate of a slice is a number by now')
  return new OpenModelRunner(load, load.rate.perSecond, context)
}

interface TimerOptions {
  readonly task: SliceTask
  readonly context: ModelContext
  readonly recorder: SliceRecorder
  readonly readings: ReadingTeller
  readonly model: ModelRunner
  readonly wheel: TimerWheel
  readonly clock: Clock
}

/** The moments of a slice: the start of the measured time, the end of each window, of the measured time, of the drain. */
function createTimers({ task, context, recorder, readings, model, wheel, clock }: TimerOptions) {
  const { measureFromNs, endNs } = context
  let cpuFromMs: number | null = null
  let cpuToMs: number | null = null
  let { drainNs } = task
  let windowEndNs = measureFromNs + task.windowNs

  const cutOff = wheelEntry((nowNs) => model.cutOff(nowNs))
  const end = wheelEntry((nowNs) => {
    cpuToMs ??= cpuTimeMs()
    wheel.cancel(measure)
    wheel.cancel(window)
    wheel.schedule(cutOff, nowNs + drainNs)
    model.end(nowNs)
  })
  const window = wheelEntry((nowNs) => {
    readings.tell(nowNs)
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
