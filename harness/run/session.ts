import type { Clock, Timer } from '../kernel/clock.ts'
import { nsPerMs, nsPerSecond } from '../kernel/units.ts'
import {
  addSlice,
  type ArmMeasurement,
  emptyArm,
  type Measurements,
  type SliceSummary,
  type UnplannedExit,
  type WindowMeasurement,
} from '../measure/measurements.ts'
import type { Arm } from '../plan/arms.ts'
import type { Plan } from '../plan/plan.ts'
import { startLife, type Sabotage, type TargetLife } from './life.ts'
import { meterOwnProcess, type OwnProcessMeter } from './own-processes.ts'
import type { RunDirectory } from './run-directory.ts'
import { type Shards, startShards } from './shards.ts'
import { type CarriedSlice, runSlice } from './slice.ts'
import { type ResourceWatch, watchResources } from './watch.ts'
import { joinWindows } from './windows.ts'

/** Why a session measures no more. */
export type Stop = 'signal' | 'target' | 'watchdog' | 'error'

export interface SessionOptions {
  readonly plan: Plan
  readonly directory: RunDirectory
  readonly clock: Clock
  /** Aborts when the user wants the run to end: what runs is drained and counted. */
  readonly signal: AbortSignal
  readonly allowedHosts: readonly string[]
  readonly sabotage: Sabotage | null
  readonly onWindow: (window: WindowMeasurement) => void
}

/** Where a slice stands in the schedule. */
export interface SlicePlace {
  readonly round: number
  readonly order: number
  readonly workers: number
  /** True to watch the target's memory while the slice runs. */
  readonly watched?: boolean
}

/** Carries out slices against one life of the target after the other, and keeps what was measured. */
export interface Session extends AsyncDisposable {
  /** Ends the life before, if any, and starts the target and the relay anew. */
  openLife(arms: readonly Arm[]): Promise<void>
  /** Runs one slice and adds it to its arm. */
  slice(arm: Arm, place: SlicePlace): Promise<ArmMeasurement>
  /** Set once the session can measure no more. */
  readonly stopped: Stop | null
  stop(why: Stop): void
  /** Stops because of a failure beside the slices, such as a full disk; the first one is kept. */
  fail(error: unknown): void
  /** What `fail` was told; null for nothing. */
  readonly failure: unknown
  measurements(): Promise<Measurements>
}

/** How long after the word to stop the workers are taken for hung: longer than any drain of a stopped slice. */
const hungAfterNs = 10 * nsPerSecond

const watchIntervalNs = { smoke: 0.2 * nsPerSecond, long: nsPerSecond }

/** Starts the load workers; the target is started by `openLife`. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const session = new RunSession(options)
  await session.start()
  return session
}

class RunSession implements Session {
  readonly #options: SessionOptions
  readonly #arms = new Map<string, ArmMeasurement>()
  readonly #slices: SliceSummary[] = []
  readonly #memoryMissing: { count: number; detail: string | null } = { count: 0, detail: null }
  #shards: Shards | null = null
  #workerMeters: OwnProcessMeter[] = []
  #relayMeter: OwnProcessMeter | null = null
  #life: TargetLife | null = null
  #lives = 0
  #ordinal = 0
  #watch: ResourceWatch | null = null
  #unplannedExit: UnplannedExit | null = null
  #lastTarget: Measurements['target'] = { command: [], url: null, pid: null, startTicks: null }
  #stopped: Stop | null = null
  #failure: unknown = null
  #patience: Timer | null = null

  constructor(options: SessionOptions) {
    this.#options = options
  }

  get stopped(): Stop | null {
    return this.#stopped
  }

  get failure(): unknown {
    return this.#failure
  }

  fail(error: unknown): void {
    this.#failure ??= error
    this.stop('error')
  }

  async start(): Promise<void> {
    const { plan, directory, clock, signal, allowedHosts, onWindow } = this.#options
    const { profile } = plan
    const count = profile.load.processes
    const joiner = joinWindows(
      count,
      (arm) => this.#arms.get(arm)?.identity,
      (fromNs, toNs) => this.#watch?.take(fromNs, toNs) ?? { memoryKb: null, fds: null },
      onWindow,
    )
    this.#shards = await startShards({
      count,
      seed: profile.seed,
      allowedHosts,
      runId: directory.runId,
      onProcess: (record) => this.#guard(() => directory.record(record)),
      onWindow: (window) => this.#guard(() => joiner.add(window)),
    })
    this.#workerMeters = this.#shards.pids.map((pid) => meterOwnProcess('worker', pid, clock))
    if (signal.aborted) this.stop('signal')
    else signal.addEventListener('abort', () => this.stop('signal'), { once: true })
  }

  stop(why: Stop): void {
    if (this.#stopped !== null) return
    this.#stopped = why
    // A worker that is gone already is told of by the slice that waits for it.
    this.#shards?.stop().catch(() => undefined)
    // One that hangs does not hear the word; the run must end all the same.
    this.#patience = this.#options.clock.after(hungAfterNs, () => this.#shards?.kill())
  }

  async openLife(arms: readonly Arm[]): Promise<void> {
    const { plan, directory, clock, signal, allowedHosts, sabotage } = this.#options
    const { profile } = plan
    await this.#closeLife()
    const index = this.#lives++
    const life = await startLife({
      settings: profile.target,
      arms,
      directory: { ...directory, record: (record) => this.#guard(() => directory.record(record)) },
      index,
      seed: profile.seed,
      allowedHosts,
      clock,
      signal,
      sabotage,
    })
    this.#life = life
    if (life.relay && this.#relayMeter) this.#relayMeter.follow(life.relay.pid)
    else if (life.relay) this.#relayMeter = meterOwnProcess('relay', life.relay.pid, clock)
    const { target } = life
    this.#lastTarget = {
      command: target.command,
      url: profile.target.kind === 'url' ? target.url : null,
      pid: target.root?.pid ?? null,
      startTicks: target.root?.startTicks ?? null,
    }
    void target.exited.then((exit) => {
      // The exit of a life that we ended ourselves is none.
      if (this.#life !== life) return
      this.#unplannedExit = exit
      this.stop('target')
    })
  }

  async slice(arm: Arm, place: SlicePlace): Promise<ArmMeasurement> {
    const { clock } = this.#options
    const { profile } = this.#options.plan
    const life = this.#life
    if (!life || !this.#shards) throw new Error('a slice needs a target that lives')
    const known = this.#arms.get(arm.id) ?? emptyArm(arm, profile.workload.requests.length)
    this.#arms.set(arm.id, known)
    if (place.watched)
      this.#watch = watchResources(() => life.sampleTarget(), clock, watchIntervalNs[profile.mode.name])
    const { workload, load } = profile
    const { windowNs } = profile.mode
    const carried = await runSlice({ life, shards: this.#shards, workload, load, clock, windowNs }, arm, {
      ordinal: this.#ordinal++,
      workers: place.workers,
    })
    await this.#endWatch()
    this.#summarise(arm, place, carried)
    addSlice(known, carried.measurement)
    return known
  }

  async measurements(): Promise<Measurements> {
    const meters = [...this.#workerMeters, ...(this.#relayMeter ? [this.#relayMeter] : [])]
    return {
      arms: this.#arms,
      slices: this.#slices,
      processes: await Promise.all(meters.map((meter) => meter.read())),
      lives: this.#lives,
      unplannedExit: this.#unplannedExit,
      memoryMissing: this.#memoryMissing,
      target: this.#lastTarget,
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#patience?.cancel()
    try {
      await this.#endWatch()
      await this.#shards?.[Symbol.asyncDispose]()
    } finally {
      await this.#closeLife()
    }
  }

  /** Runs what is called from an event handler, where a failure would end this process without a result. */
  #guard(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.fail(error)
    }
  }

  async #closeLife(): Promise<void> {
    const life = this.#life
    this.#life = null
    await life?.[Symbol.asyncDispose]()
  }

  async #endWatch(): Promise<void> {
    const watch = this.#watch
    if (!watch) return
    await watch.stop()
    this.#watch = null
    this.#memoryMissing.count += watch.missing.count
    this.#memoryMissing.detail ??= watch.missing.detail
  }

  #summarise(arm: Arm, { round, order }: SlicePlace, { startNs, measurement, ...ours }: CarriedSlice): void {
    const { ok } = measurement.latencies
    const measuredMs = measurement.measuredNs / nsPerMs
    const p50Ms = ok.percentileMs(50)
    for (const [index, meter] of this.#workerMeters.entries()) {
      meter.add({
        cpuMs: ours.workerCpuMs[index] ?? 0,
        measuredMs,
        eventLoopDelayP99Ms: ours.eventLoopDelayP99Ms.workers[index] ?? 0,
        p50Ms,
      })
    }
    if (arm.path === 'relay') {
      const cpuMs = measurement.relayCpuMs ?? 0
      this.#relayMeter?.add({
        cpuMs,
        measuredMs: arm.sliceNs / nsPerMs,
        eventLoopDelayP99Ms: ours.eventLoopDelayP99Ms.relay ?? 0,
        p50Ms,
      })
    }
    this.#slices.push({
      round,
      order,
      identity: arm,
      startNs,
      durationNs: measurement.measuredNs,
      ok: measurement.measured.operations.ok,
      failed: measurement.measured.operations.failed,
      p50Ms,
      p95Ms: ok.percentileMs(95),
      p99Ms: ok.percentileMs(99),
      targetCpuMs: measurement.targetCpuMs,
    })
  }
}
