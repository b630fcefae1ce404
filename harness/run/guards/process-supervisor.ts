import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process'
import { type Clock, realClock } from '../../kernel/clock.ts'
import { SoakrigError } from '../../kernel/errors.ts'
import { environment, newRunId, ownPid } from '../../kernel/host.ts'
import { durationNs } from '../../kernel/units.ts'
import { endTree, lifeVariable } from '../../target/end-tree.ts'
import { isSame, type ProcessRecord, readStat } from '../../target/proc.ts'
import { type TreeWatch, watchTree } from '../../target/tree.ts'

/** A process that was recorded, or descends from one. */
export interface EndedProcess extends ProcessRecord {
  /** False when even SIGKILL did not end it. */
  readonly ended: boolean
}

interface Recorded {
  readonly role: string
  readonly watch: TreeWatch
  /** In the environment of what was started, so that what left its group and lost its parent is found too. */
  readonly mark: string
}

/**
 * Ends the processes that it started or was told of, with all that descends from them, and no other: a process is known by
 * its id and its start time together, never by its name. Needs /proc; where there is none, nothing is found to be ended.
 */
export class ProcessSupervisor {
  readonly #clock: Clock
  readonly #id = `supervisor/${ownPid}-${newRunId()}`
  #recorded: Recorded[] = []
  /** Never set back: what is started while others are being ended must not have a mark of theirs. */
  #marks = 0

  constructor(clock: Clock = realClock) {
    this.#clock = clock
  }

  /** Starts a program in a process group of its own and records it. Throws `not-started` (106). */
  start(file: string, args: readonly string[] = [], options: SpawnOptions = {}): ChildProcess {
    const env = { ...(options.env ?? environment()), [lifeVariable]: this.#nextMark() }
    const child = spawn(file, args, { stdio: 'ignore', ...options, env, detached: true })
    // What there is to say of a program that is missing is said below.
    child.once('error', () => undefined)
    this.record(child, file)
    return child
  }

  /** Records a child that was started in this very turn of the event loop. Throws `not-started` (106), `not-a-child` (104). */
  record({ pid }: { readonly pid?: number | undefined }, role = 'child'): void {
    // Until this turn ends, even one that has exited is there as a zombie.
    const stat = pid === undefined ? undefined : readStat(pid)
    if (!stat) throw new SoakrigError(`${role} was not started`, { code: 'not-started', exit: 'environment' })
    if (stat.ppid !== ownPid)
      throw new SoakrigError(`${role}, process ${stat.pid}, is no child of this process`, {
        code: 'not-a-child',
        exit: 'usage',
        hint: 'Only what this process has started can be recorded; what that starts in turn is ended with it.',
      })
    const watch = watchTree({ pid: stat.pid, startTicks: stat.startTicks }, role)
    watch.scan()
    this.#recorded.push({ role, watch, mark: this.#nextMark() })
    this.#marks++
  }

  /** That of the process that is recorded next. */
  #nextMark(): string {
    return `${this.#id}/${this.#marks}`
  }

  /**
   * Ends all that was recorded: SIGTERM to each group, and SIGKILL to what is left after the grace. Resolves with what was
   * still alive, once it is gone; nothing is recorded any more then.
   */
  async endAll(grace = '2s'): Promise<readonly EndedProcess[]> {
    // First, so that nobody is forgotten for a grace that is no duration.
    const stop = { signal: 'SIGTERM', graceNs: durationNs(grace) } as const
    const recorded = this.#recorded
    this.#recorded = []
    const trees = recorded.map((one) => ({ ...one, members: one.watch.scan() }))
    await Promise.all(trees.map(({ watch, mark }) => endTree({ watch, stop, clock: this.#clock, directory: mark })))
    return trees.flatMap(({ members, role }) =>
      members.map(({ pid, startTicks }) => ({ pid, startTicks, role, ended: !isSame({ pid, startTicks }) })),
    )
  }
}
