import type { Clock, Timer } from '../kernel/clock.ts'
import { nsPerSecond } from '../kernel/units.ts'
import type { LiveReading } from '../load/live-reading.ts'
import type { DeadLetter } from '../measure/dead-letter.ts'
import {
  addSlice,
  type ArmMeasurement,
  emptyArm,
  type Measurements,
  type SliceSummary,
  type SliceUse,
  type UnplannedExit,
  type WindowMeasurement,
} from '../measure/measurements.ts'
import type { Arm } from '../plan/arms.ts'
import { withRate } from '../plan/models.ts'
import type { Plan } from '../plan/plan.ts'
import type { Moment } from '../plan/timeline.ts'
import type { LoadModel } from '../workload/model.ts'
import { type FaultSpans, followFaults } from './fault-spans.ts'
import { BudgetWatch } from './guards/budget-watch.ts'
import { type Builds, startBuilds } from './builds.ts'
import type { Sabotage } from './sabotage.ts'
import { createOwnProcesses, type OwnProcesses } from './own-processes.ts'
import type { RunDirectory } from './run-directory.ts'
import { type Shards, startShards } from './shards.ts'
import { runSlice } from './slice.ts'
import { type SlicePlace, summaryOf, targetOf } from './summary.ts'
import { noReading, type ResourceWatch } from './watch.ts'
import { watchLife } from './watch-life.ts'
import { joinWindows, type WindowJoiner } from './windows.ts'

/** Why a session measures no more. */
export type Stop = 'signal' | 'target' | 'watchdog' | 'failure-budget' | 'threshold' | 'error'

export interface SessionOptions {
  readonly plan: Plan
  readonly directory: RunDirectory
  readonly clock: Clock
  /** Aborts when the user wants the run to end: what runs is drained and counted. */
  readonly signal: AbortSignal
  readonly allowedHosts: readonly string[]
  readonly sabotage: Sabotage | null
  readonly onWindow: (window: WindowMeasurement) => void
  /** Hears of what the client of an arm gave up and kept, after each slice. */
  readonly onDeadLetters?: (arm: Arm, letters: readonly DeadLetter[]) => void
  /** Hears how the slice that runs fares, once a second and when it has ended; absent where nobody watches. */
  readonly onReading?: (reading: LiveReading) => void
}

/** How a slice is to be run. */
export interface SliceOrder extends SlicePlace {
  readonly model: LoadModel
  readonly use: SliceUse
  /** True to watch the target's memory while the slice runs. */
  readonly watched?: boolean
  /** When steps change what is in force. */
  readonly moments?: readonly Moment[]
}

/** Carries out slices against one life of the target after the other, and keeps what was measured. */
export interface Session extends AsyncDisposable {
  /** Ends the life before, if any, and starts the target and the relay anew. */
  openLife(arms: readonly Arm[]): Promise<void>
  /** Runs one slice and adds it to its arm. */
  slice(arm: Arm, place: SliceOrder): Promise<ArmMeasurement>
  /** Set once the session can measure no more. */
  readonly stopped: Stop | null
  stop(why: Stop): void
  /** Stops because of a failure beside the slices, such as a full disk; the first one is kept. */
  fail(error: unknown): void
  /** What `fail` was told; null for nothing. */
  readonly failure: unknown
  /** True when processes of ours hung after the word to stop, and were ended: that they died is no failure then. */
  readonly killed: boolean
  measurements(): Promise<Measurements>
}

/** How long after the word to stop the workers are taken for hung: longer than any drain of a stopped slice. */
const hungAfterNs = 10 * nsPerSecond

/** How often workers tell how they fare where somebody watches. */
const readEveryNs = nsPerSecond

/** How long a target takes to come to itself after a fault. */
const settleNs = nsPerSecond

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
  readonly #ours: OwnProcesses
  readonly #spans: FaultSpans
  readonly #budget: BudgetWatch
  #joiner: WindowJoiner | null = null
  #builds: Builds | null = null
  #lives = 0
  #kills = 0
  #ordinal = 0
  #watch: ResourceWatch | null = null
  #unplannedExit: UnplannedExit | null = null
  #lastTarget: Measurements['target'] = { command: [], url: null, pid: null, startTicks: null }
  readonly #halt = new AbortController()
  #stopped: Stop | null = null
  #failure: unknown = null
  #patience: Timer | null = null
  #disposed = false
  #killed = false

  constructor(options: SessionOptions) {
    this.#options = options
    this.#ours = createOwnProcesses(options.clock)
    // What waits for an answer under a fault fails at its deadline, and is counted then.
    const { workload, guards } = options.plan.profile
    this.#spans = followFaults(settleNs + workload.timeoutNs)
    this.#budget = new BudgetWatch(guards.failureBudget, this.#spans, () => this.stop('failure-budget'))
  }

  get stopped(): Stop | null {
    return this.#stopped
  }

  get failure(): unknown {
    return this.#failure
  }

  get killed(): boolean {
    return this.#killed
  }

  fail(error: unknown): void {
    this.#failure ??= error
    this.stop('error')
  }

  async start(): Promise<void> {
    const { plan, directory, clock, signal, allowedHosts, onWindow, onReading } = this.#options
    const { profile } = plan
    const count = profile.load.processes
    const joiner = (this.#joiner = joinWindows(
      count,
      (arm) => this.#arms.get(arm)?.identity,
      (fromNs, toNs) => ({
        ...(this.#watch?.take(fromNs, toNs) ?? noReading),
        ...this.#spans.between(fromNs, toNs),
      }),
      onWindow,
    ))
    this.#shards = await startShards({
      count,
      profile,
      allowedHosts,
      clock,
      runId: directory.runId,
      onProcess: (record) => this.#guard(() => directory.record(record)),
      onWindow: (window) => this.#guard(() => joiner.add(window)),
      onCounts: (counts) => this.#budget.add(counts),
      onReading: (reading) => this.#guard(() => onReading?.(reading)),
    })
    this.#ours.followWorkers(this.#shards.pids)
    if (signal.aborted) this.stop('signal')
    else signal.addEventListener('abort', () => this.stop('signal'), { once: true })
  }

  stop(why: Stop): void {
    if (this.#stopped !== null || this.#disposed) return
    this.#stopped = why
    this.#halt.abort()
    // A worker that is gone already is told of by the slice that waits for it.
    this.#shards?.stop().catch(() => undefined)
    // One that hangs does not hear the word; the run must end all the same.
    this.#patience = this.#options.clock.after(hungAfterNs, () => this.#killHung())
  }

  async openLife(arms: readonly Arm[]): Promise<void> {
    const { plan, directory, clock, signal, allowedHosts, sabotage } = this.#options
    const { profile } = plan
    await this.#closeLife()
    const builds = await startBuilds({
      profile,
      arms,
      directory: { ...directory, record: (record) => this.#guard(() => directory.record(record)) },
      index: this.#lives++,
      allowedHosts,
      clock,
      signal,
      sabotage,
    })
    this.#builds = builds
    const { target: life } = builds
    if (life.relay) this.#ours.followRelay('path', life.relay.pid)
    if (life.dependencies) this.#ours.followRelay('dependencies', life.dependencies.relay.pid)
    this.#lastTarget = targetOf(life, profile)
    void builds.exited.then((exit) => {
      // The exit of a life that we ended ourselves is none.
      if (this.#builds !== builds) return
      this.#unplannedExit = exit
      this.stop('target')
    })
  }

  async slice(arm: Arm, place: SliceOrder): Promise<ArmMeasurement> {
    const { clock, plan, onReading } = this.#options
    const { workload, mode } = plan.profile
    const life = this.#builds?.of(arm.build)
    if (!life || !this.#shards) throw new Error('a slice needs a target that lives')
    const known =
      this.#arms.get(arm.id) ??
      emptyArm(
        arm,
        workload.requests.map(({ name }) => name),
      )
    this.#arms.set(arm.id, known)
    if (place.watched) this.#watch = watchLife(life, plan.profile, clock)
    const { windowNs } = mode
    const ordinal = this.#ordinal++
    const failed = (error: unknown): void => this.fail(error)
    const context = { life, shards: this.#shards, workload, clock, windowNs, halted: this.#halt.signal, failed }
    const steps = { moments: place.moments ?? [], spans: this.#spans }
    const shape = { ordinal, load: withRate(place.model, known), use: place.use, steps }
    const told = { countEveryNs: this.#budget.countEveryNs(arm), readEveryNs: onReading && readEveryNs }
    const carried = await runSlice(context, arm, { ...shape, ...told })
    // Workers that were done before the others have told fewer windows.
    this.#guard(() => this.#joiner?.endSlice(ordinal))
    await this.#endWatch()
    this.#ours.add(arm, carried)
    this.#slices.push(summaryOf(arm, place, carried))
    addSlice(known, carried.measurement)
    if (carried.deadLetters.length > 0) this.#guard(() => this.#options.onDeadLetters?.(arm, carried.deadLetters))
    return known
  }

  async measurements(): Promise<Measurements> {
    return {
      arms: this.#arms,
      slices: this.#slices,
      processes: await this.#ours.read(),
      lives: this.#lives,
      kills: this.#kills + (this.#builds?.target.target.restarts ?? 0),
      unplannedExit: this.#unplannedExit,
      failureBudget: this.#budget.read(),
      memoryMissing: this.#memoryMissing,
      target: this.#lastTarget,
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true
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

  #killHung(): void {
    this.#killed = true
    this.#shards?.kill()
    this.#builds?.target.relay?.kill()
    this.#builds?.target.dependencies?.relay.kill()
  }

  async #closeLife(): Promise<void> {
    const builds = this.#builds
    this.#builds = null
    this.#kills += builds?.target.target.restarts ?? 0
    await builds?.[Symbol.asyncDispose]()
  }

  async #endWatch(): Promise<void> {
    const watch = this.#watch
    if (!watch) return
    // Windows that close while it stops have been told of already.
    this.#watch = null
    await watch.stop()
    this.#memoryMissing.count += watch.missing.count
    this.#memoryMissing.detail ??= watch.missing.detail
  }
}
