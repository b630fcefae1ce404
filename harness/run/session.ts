import type { Clock, Timer } from '../kernel/clock.ts'
import { nsPerSecond } from '../kernel/units.ts'
import type { LiveReading } from '../load/live-reading.ts'
import type { DeadLetter } from '../measure/dead-letter.ts'
import type {
  ArmMeasurement,
  Measurements,
  SliceUse,
  UnplannedExit,
  WindowMeasurement,
} from '../measure/measurements.ts'
import type { Arm } from '../plan/arms.ts'
import type { Plan } from '../plan/plan.ts'
import type { Moment } from '../plan/timeline.ts'
import type { LoadModel } from '../workload/model.ts'
import { type FaultSpans, followFaults } from './fault-spans.ts'
import { heldNothing, readHeld } from './held.ts'
import { BudgetWatch } from './guards/budget-watch.ts'
import { type Builds, startBuilds } from './builds.ts'
import { Ledger } from './ledger.ts'
import type { Sabotage } from './sabotage.ts'
import { createOwnProcesses, type OwnProcesses } from './own-processes.ts'
import type { RunDirectory } from './run-directory.ts'
import { type Shards, startShards } from './shards.ts'
import { runSlice } from './slice.ts'
import { noTarget, type SlicePlace, targetOf } from './summary.ts'
import { SliceWatch } from './slice-watch.ts'
import { joinWindows, type WindowJoiner } from './windows.ts'
import { askedBy, workloadsOf } from './workloads.ts'

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
  /** The arm of whose throughput in this life a rate may be a share; absent for all that the slice's own arm has reached. */
  readonly paceOf?: string
  /** True to watch the target's memory while the slice runs. */
  readonly watched?: boolean
  /** When steps change what is in force. */
  readonly moments?: readonly Moment[]
}

/** Carries out slices against one life of the target after the other, and keeps what was measured. */
export interface Session extends AsyncDisposable {
  /** Ends the life before, if any, and starts the target and the relay anew. */
  openLife(arms: readonly Arm[]): Promise<void>
  /** Opens one more arm in the life that runs. */
  openArm(arm: Arm): Promise<void>
  /** Closes such an arm, and forgets what was measured of it but for its slices. */
  closeArm(arm: Arm): Promise<void>
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
  readonly #ledger = new Ledger()
  readonly #watch: SliceWatch
  #shards: Shards | null = null
  readonly #ours: OwnProcesses
  readonly #spans: FaultSpans
  readonly #budget: BudgetWatch
  #joiner: WindowJoiner | null = null
  #builds: Builds | null = null
  #lives = 0
  #kills = 0
  #ordinal = 0
  #unplannedExit: UnplannedExit | null = null
  #lastTarget = noTarget
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
    this.#watch = new SliceWatch(options.clock, options.plan.profile, this.#spans)
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
      (arm) => this.#ledger.arms.get(arm)?.identity,
      (fromNs, toNs) => ({
        ...this.#watch.take(fromNs, toNs),
        ...this.#spans.between(fromNs, toNs),
      }),
      onWindow,
    ))
    this.#shards = await startShards({
      count,
      profile,
      workloads: workloadsOf(plan),
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
    this.#ledger.beginLife()
    const builds = await startBuilds({
      profile,
      yardstick: plan.gate?.yardstick ?? null,
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

  async openArm(arm: Arm): Promise<void> {
    await this.#builds?.of(arm.build).openArm(arm)
  }

  async closeArm(arm: Arm): Promise<void> {
    this.#ledger.forget(arm.id)
    await this.#builds?.of(arm.build).closeArm(arm)
  }

  async slice(arm: Arm, place: SliceOrder): Promise<ArmMeasurement> {
    const { clock, plan, onReading } = this.#options
    const workload = askedBy(plan, arm)
    const life = this.#builds?.of(arm.build)
    if (!life || !this.#shards) throw new Error('a slice needs a target that lives')
    const known = this.#ledger.open(arm, workload)
    const shards = this.#shards
    if (place.watched) this.#watch.start(life, arm, shards)
    const { windowNs } = plan.profile.mode
    const ordinal = this.#ordinal++
    const failed = (error: unknown): void => this.fail(error)
    const context = { life, shards, workload, clock, windowNs, halted: this.#halt.signal, failed }
    const steps = { moments: place.moments ?? [], spans: this.#spans }
    const shape = { ordinal, load: this.#ledger.loadOf(place.model, known, place.paceOf), use: place.use, steps }
    const told = { countEveryNs: this.#budget.countEveryNs(arm), readEveryNs: onReading && readEveryNs }
    const carried = await runSlice(context, arm, { ...shape, ...told })
    // Workers that were done before the others have told fewer windows.
    this.#guard(() => this.#joiner?.endSlice(ordinal))
    await this.#watch.end()
    this.#ours.add(arm, carried)
    const { memoryKb } = carried.measurement
    const held = place.memory ? await readHeld(life, memoryKb, place.memory === 'last') : heldNothing
    this.#ledger.add(arm, known, place, carried, held)
    if (carried.deadLetters.length > 0) this.#guard(() => this.#options.onDeadLetters?.(arm, carried.deadLetters))
    return known
  }

  async measurements(): Promise<Measurements> {
    return {
      arms: this.#ledger.arms,
      slices: this.#ledger.slices,
      processes: await this.#ours.read(),
      lives: this.#lives,
      kills: this.#kills + (this.#builds?.target.target.restarts ?? 0),
      unplannedExit: this.#unplannedExit,
      failureBudget: this.#budget.read(),
      memoryMissing: this.#watch.missing,
      target: this.#lastTarget,
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true
    this.#patience?.cancel()
    try {
      await this.#watch.end()
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
}
