import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { realClock } from '../kernel/clock.ts'
import { SoakrigError } from '../kernel/errors.ts'
import { exitCodes } from '../kernel/exit-codes.ts'
import { failureOf, type FailureReport } from '../kernel/failure-report.ts'
import { ownEnvironment } from '../kernel/host.ts'
import type { ProcessRecord } from '../target/launch.ts'
import { readStat } from '../target/proc.ts'

/** How long a process of ours may take to end when its channel is closed. */
const endLimitNs = 1e9

/** A message that answers a command, or reports a failure. */
interface Reply {
  readonly kind: string
  readonly id?: number
}

/** A process of our own, asked over its channel. */
export interface Child<Command, Answer extends Reply> extends AsyncDisposable {
  readonly pid: number
  /** Sends a command and resolves with the reply of the same id. Rejects when the child fails or dies. */
  ask(command: Command): Promise<Answer>
  /** Ends the process at once. */
  kill(): void
}

export interface ChildOptions<Answer extends Reply> {
  /** The entry without its extension, such as `../load/process`: found as source and as compiled. */
  readonly entry: URL
  readonly role: string
  readonly runId: string
  readonly onProcess: (record: ProcessRecord) => void
  /** Replies that answer nothing, such as windows. */
  readonly onEvent?: (reply: Answer) => void
}

/** Command without the id that the child's end adds. */
export type Unnumbered<Command> = Command extends unknown ? Omit<Command, 'id'> : never

/** Where a room's process entry lies, with the extension of the module that asks. */
export function processEntry(room: string, from: string): URL {
  return new URL(`${room}/process${from.slice(from.lastIndexOf('.'))}`, from)
}

/** Starts a process of our own: detached, so that a terminal's signals reach the conductor alone. */
export function startChild<Command extends { readonly id: number }, Answer extends Reply>(
  options: ChildOptions<Answer>,
): Child<Unnumbered<Command>, Answer> {
  const { entry, role, runId, onProcess, onEvent } = options
  const child = fork(fileURLToPath(entry), [], {
    serialization: 'advanced',
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...ownEnvironment(), SOAKRIG_RUN: runId },
  })
  const pid = child.pid ?? 0
  if (pid > 0) onProcess({ pid, startTicks: readStat(pid)?.startTicks ?? 0, role })
  const asked = new Map<number, PromiseWithResolvers<Answer>>()
  const complaints: string[] = []
  let last = 0
  let ended: SoakrigError | undefined

  const fail = (error: SoakrigError): void => {
    ended ??= error
    for (const { reject } of asked.values()) reject(ended)
    asked.clear()
  }
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    if (complaints.join('').length < 4000) complaints.push(text)
  })
  child.on('message', (message: Answer) => {
    const waiting = message.id === undefined ? undefined : asked.get(message.id)
    if (waiting && message.id !== undefined) {
      asked.delete(message.id)
      waiting.resolve(message)
    } else if (message.kind === 'failed') fail(failureOf(role, message as Answer & FailureReport))
    else onEvent?.(message)
  })
  child.on('error', (error) =>
    fail(new SoakrigError(`the ${role} failed: ${error.message}`, { code: 'child-failed', exit: 'bug', cause: error })),
  )
  child.on('exit', (code, signal) => {
    const how = signal ? `by ${signal}` : `with ${code}`
    fail(
      code === exitCodes.userScript
        ? endedFromWithin(role)
        : new SoakrigError(`the ${role} (process ${pid}) ended ${how} ${complaints.join('')}`.trim(), {
            code: 'child-died',
            exit: 'bug',
          }),
    )
  })

  return {
    pid,
    ask(command) {
      if (ended) return Promise.reject(ended)
      const id = ++last
      const waiting = Promise.withResolvers<Answer>()
      asked.set(id, waiting)
      child.send({ ...command, id } as object)
      return waiting.promise
    },
    kill: () => child.kill('SIGKILL'),
    [Symbol.asyncDispose]: () => end(child),
  }
}

function endedFromWithin(role: string): SoakrigError {
  return new SoakrigError(`a script or policy of your own ended the ${role}`, {
    code: 'script-failed',
    exit: 'userScript',
    hint: 'It may throw or reject, but must not call process.exit.',
  })
}

/** Ends the child: it goes when its channel does. */
function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    // A process that hangs does not hear that its channel is gone.
    const patience = realClock.after(endLimitNs, () => child.kill('SIGKILL'))
    child.once('exit', () => {
      patience.cancel()
      resolve()
    })
    if (child.connected) child.disconnect()
    else child.kill('SIGKILL')
  })
}
