import { type ChildProcess, spawn } from 'node:child_process'
import type { Timer } from '../kernel/clock.ts'
import { environment } from '../kernel/host.ts'
import { nsPerMs, nsPerSecond } from '../kernel/units.ts'
import { endTree, lifeVariable } from './end-tree.ts'
import type { TargetOutput } from './output.ts'
import { type ProcessIdentity, type ProcStat, readStat } from './proc.ts'
import { type LaunchContext, startFailure, type TargetExit } from './running.ts'
import type { StopSettings } from './settings.ts'
import { watchTree } from './tree.ts'

const tickNs = 250 * nsPerMs
const ticksPerScan = 4

/** What is run, and where its output goes. */
export interface ChildOptions {
  readonly command: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly output: TargetOutput
  readonly stop: StopSettings
  readonly context: LaunchContext
  readonly role: string
  /** Gives it an IPC channel. */
  readonly ipc?: boolean
  /** What to install when the program is missing. */
  readonly package?: string | undefined
}

/** A child in a process group of its own, with all that descends from it. */
export interface Child {
  readonly root: ProcessIdentity
  readonly exited: Promise<TargetExit>
  /** The first message over its IPC channel; never resolves when there is none. */
  readonly message: Promise<unknown>
  /** Sends a message over its IPC channel and resolves with the next one that comes; one at a time. Rejects when it has ended. */
  readonly ask: (message: Readonly<Record<string, unknown>>) => Promise<unknown>
  /** Its living processes, now. */
  readonly members: () => readonly ProcStat[]
  /** Ends it, by `how` instead of its own settings; the first call decides. */
  stop(how?: StopSettings): Promise<void>
}

/** Starts a child. Rejects with `target-not-found` when its program cannot be run. */
export async function spawnChild(options: ChildOptions): Promise<Child> {
  const [file = ''] = options.command
  const subprocess = launch(options)
  const ended = endOf(subprocess)
  // Read at once: until this turn of the event loop ends, even one that has exited is there as a zombie.
  const stat = subprocess.pid === undefined ? undefined : readStat(subprocess.pid)
  if (!stat) throw notRunnable(file, (await ended).reason, options)
  const exited = ended.then(({ code, signal }) => ({ code, signal, tail: options.output.tail() }))
  const message = new Promise((resolve) => {
    if (options.ipc) subprocess.once('message', resolve)
  })
  const ask: Child['ask'] = async (question) => {
    const { promise, reject } = Promise.withResolvers<never>()
    void exited.then(() => reject(new Error('it has ended')))
    const answer = new Promise((resolve) => subprocess.once('message', resolve))
    subprocess.send(question, (error) => error && reject(error))
    return Promise.race([answer, promise])
  }
  const root = { pid: stat.pid, startTicks: stat.startTicks }
  return { root, exited, message, ask, ...supervise(root, exited, options) }
}

/** Starts the program, not by execa, which takes longer to load than most targets to start. */
function launch({ command, cwd, env, output, context, ipc, ...options }: ChildOptions): ChildProcess {
  const [file = '', ...args] = command
  try {
    return spawn(file, args, {
      cwd,
      env: { ...environment(), ...env, SOAKRIG_RUN: context.runId, [lifeVariable]: context.directory },
      detached: true,
      stdio: ['ignore', output.fd, output.fd, ...(ipc ? (['ipc'] as const) : [])],
      serialization: 'advanced',
    })
  } catch (error) {
    // What no system could run, as arguments that are too long, is thrown.
    throw notRunnable(file, (error as NodeJS.ErrnoException).code, options)
  }
}

/** How a process ends; `reason` is the code of the error where it could not be started. */
function endOf(subprocess: ChildProcess) {
  type End = Omit<TargetExit, 'tail'> & { readonly reason?: string | undefined }
  return new Promise<End>((resolve) => {
    subprocess.once('exit', (code, signal) => resolve({ code, signal }))
    // Also told of a message that could not be sent, which ends nothing.
    subprocess.on('error', ({ code: reason }: NodeJS.ErrnoException) => {
      if (subprocess.pid === undefined) resolve({ code: null, signal: null, reason })
    })
  })
}

/** Watches a child while it lives, and ends it, once however often that is asked for. */
function supervise(
  root: ProcessIdentity,
  exited: Promise<TargetExit>,
  { context, output, role, stop }: ChildOptions,
): Pick<Child, 'members' | 'stop'> {
  const { clock, directory } = context
  const watch = watchTree(root, role, context.onProcess)
  watch.scan()
  let timer: Timer
  let ticks = 0
  const tick = (): void => {
    output.bound()
    if (++ticks % ticksPerScan === 0) watch.scan()
    timer = clock.after(tickNs, tick)
  }
  timer = clock.after(tickNs, tick)
  const end = async (how: StopSettings): Promise<void> => {
    timer.cancel()
    await endTree({ watch, stop: how, clock, directory })
    // Node learns of the exit a moment after /proc shows it.
    await new Promise<void>((resolve) => {
      // The limit must not keep this process alive once the exit is known.
      const limit = clock.after(nsPerSecond, resolve)
      void exited.then(() => {
        limit.cancel()
        resolve()
      })
    })
  }
  let ending: Promise<void> | undefined
  return { members: () => watch.scan(), stop: (how = stop) => (ending ??= end(how)) }
}

function notRunnable(file: string, reason: string | undefined, options: Pick<ChildOptions, 'package'>) {
  if (reason !== 'ENOENT') return startFailure('target-not-found', `${file} cannot be run (${reason ?? 'unknown'})`)
  return options.package
    ? startFailure('target-not-found', `${file} is not installed: install the package ${options.package}`)
    : startFailure('target-not-found', `${file} is not installed, or not on PATH`)
}
