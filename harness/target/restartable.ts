import { nsPerSecond } from '../kernel/units.ts'
import { freeze, thaw } from './freeze.ts'
import type { HeapAccess } from './heap/heap.ts'
import { startTarget } from './launch.ts'
import { isSame, type ProcessIdentity, type ProcStat } from './proc.ts'
import type { LaunchContext, RunningTarget, TargetExit } from './running.ts'
import type { StopSettings, TargetSettings } from './settings.ts'

/** What does not end by a signal that asks for it is killed after this long. */
const graceNs = nsPerSecond

/**
 * A target that can be ended and started again on its port, and be stopped for a while. What it says of itself is that of
 * the process that runs at present; `exited` resolves only for an end that was not asked for, or by `stop`.
 */
export interface RestartableTarget extends RunningTarget {
  /** How often it was started again. */
  readonly restarts: number
  /** Whether it was killed and does not serve yet. */
  readonly isDown: boolean
  /** Ends all its processes; resolves with true when none of them lives any more. */
  kill(signal: StopSettings['signal']): Promise<boolean>
  /** Starts it on the same port; resolves when it serves. Rejects as `startTarget` does. */
  restart(): Promise<void>
  /** Stops all its processes; resolves with true once each has been seen to be stopped. */
  freeze(): Promise<boolean>
  /** Lets them go on; harmless when they are not stopped. */
  thaw(): void
}

/** Starts a target; one of a url can be neither ended nor stopped, since it is no process of ours. */
export async function startRestartable(settings: TargetSettings, context: LaunchContext): Promise<RestartableTarget> {
  return new Restartable(settings, context, await startTarget(settings, context))
}

class Restartable implements RestartableTarget {
  readonly url: string
  readonly host: string
  readonly port: number
  readonly exited: Promise<TargetExit>
  readonly #settings: TargetSettings
  readonly #context: LaunchContext
  readonly #exit = Promise.withResolvers<TargetExit>()
  readonly #stopped = new Map<number, ProcessIdentity>()
  #current: RunningTarget
  #down = false
  #restarts = 0

  constructor(settings: TargetSettings, context: LaunchContext, first: RunningTarget) {
    this.#settings = settings
    this.#context = context
    this.#current = first
    this.url = first.url
    this.host = first.host
    this.port = first.port
    this.exited = this.#exit.promise
    this.#follow(first)
  }

  get statsPort(): number | null {
    return this.#current.statsPort
  }

  get root(): ProcessIdentity | undefined {
    return this.#current.root
  }

  get command(): readonly string[] {
    return this.#current.command
  }

  get outputFile(): string | undefined {
    return this.#current.outputFile
  }

  get heap(): HeapAccess {
    return this.#current.heap
  }

  get restarts(): number {
    return this.#restarts
  }

  get isDown(): boolean {
    return this.#down
  }

  members(): readonly ProcStat[] {
    return this.#current.members()
  }

  async kill(signal: StopSettings['signal']): Promise<boolean> {
    this.#refuseUrl()
    this.#down = true
    // A stopped process heeds no word but SIGKILL.
    this.thaw()
    const members = this.members()
    await this.#current.stop({ signal, graceNs })
    return members.length > 0 && !members.some(isSame)
  }

  async restart(): Promise<void> {
    this.#refuseUrl()
    this.#current = await startTarget(this.#settings, { ...this.#context, port: this.port, again: true })
    this.#restarts++
    this.#down = false
    this.#follow(this.#current)
  }

  freeze(): Promise<boolean> {
    this.#refuseUrl()
    return freeze(() => this.members(), this.#stopped, this.#context.clock)
  }

  thaw(): void {
    thaw(this.#stopped)
  }

  async stop(how?: StopSettings): Promise<void> {
    this.thaw()
    await this.#current.stop(how)
    if (this.#down) this.#exit.resolve(await this.#current.exited)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  #follow(life: RunningTarget): void {
    void life.exited.then((exit) => {
      if (!this.#down) this.#exit.resolve(exit)
    })
  }

  /** Profiles that ask for it are refused before they run. */
  #refuseUrl(): void {
    if (this.#settings.kind === 'url') throw new Error('the target of a url is not ours to end or to stop')
  }
}
