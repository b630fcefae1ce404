import { once } from 'node:events'
import { type Clock, realClock, type Timer } from '../../kernel/clock.ts'
import { durationNs } from '../../kernel/units.ts'
import { type EndedProcess, ProcessSupervisor } from './process-supervisor.ts'

/** A process as whoever started it has it. */
export interface ChildHandle {
  readonly pid?: number | undefined
}

export interface WatchdogOptions {
  /** The longest that the work may take, such as `300s`. */
  readonly limit: string
  /** Called once as the limit is reached; what it throws is kept in the error and changes nothing. */
  readonly onTimeout?: () => void
  /** What is ended with the work, if it is a child process that the work does not return. */
  readonly child?: ChildHandle
  /** Between SIGTERM and SIGKILL (default 2s). */
  readonly grace?: string
  readonly clock?: Clock
}

/** What work rejects with that took too long. */
export class WatchdogError extends Error {
  override readonly name = 'WatchdogError'
  readonly code = 'watchdog'
  /** What `onTimeout` has thrown; undefined for nothing. */
  readonly callbackError: unknown
  /** Resolves when the child is gone, with what was ended. */
  readonly ended: Promise<readonly EndedProcess[]>

  constructor(limit: string, callbackError: unknown, ended: Promise<readonly EndedProcess[]>) {
    super(`took longer than ${limit}`)
    this.callbackError = callbackError
    this.ended = ended
  }
}

/**
 * Does something that may take so long and no longer: as the limit is reached it rejects with a `WatchdogError`, at once.
 * The work's signal aborts then, and a child process, the one that the work returns or the option names, is ended with its
 * group. Work that heeds neither goes on for nothing. What the work returns or throws in time passes on as it is; a child
 * that it returns is waited for. No timer is left behind.
 */
export async function withWatchdog<Value>(
  work: (signal: AbortSignal) => PromiseLike<Value> | Value,
  { limit, onTimeout, child, grace = '2s', clock = realClock }: WatchdogOptions,
): Promise<Value> {
  const supervisor = new ProcessSupervisor(clock)
  const controller = new AbortController()
  const expired = Promise.withResolvers<never>()
  let timer: Timer | undefined
  try {
    const limitNs = durationNs(limit)
    // Now, not when somebody is to be ended: nobody would hear of it then.
    durationNs(grace)
    if (child) supervisor.record(child)
    timer = clock.after(limitNs, () => {
      const ended = supervisor.endAll(grace)
      // Nobody need look at it.
      ended.catch(() => undefined)
      const error = new WatchdogError(limit, thrownBy(onTimeout), ended)
      expired.reject(error)
      controller.abort(error)
    })
    const started = work(controller.signal)
    if (isChild(started) && started.pid !== undefined) supervisor.record(started)
    return await Promise.race([endOf(started), expired.promise])
  } finally {
    timer?.cancel()
  }
}

/** What can be killed and has an id is a process; any other value with a `pid` is one that its work merely tells of. */
function isChild(value: unknown): value is ChildHandle {
  return typeof value === 'object' && value !== null && 'pid' in value && 'kill' in value
}

/** A child of Node's own is no promise: it has ended when it has exited. Rejects where it could not be started. */
async function endOf<Value>(started: PromiseLike<Value> | Value): Promise<Value> {
  if (isExiting(started) && started.exitCode === null && started.signalCode === null) await once(started, 'exit')
  return started
}

function isExiting(value: unknown): value is NodeJS.EventEmitter & { exitCode: unknown; signalCode: unknown } {
  return isChild(value) && 'exitCode' in value && 'signalCode' in value && !('then' in value)
}

function thrownBy(callback: (() => void) | undefined): unknown {
  try {
    callback?.()
    return undefined
  } catch (error) {
    return error
  }
}
