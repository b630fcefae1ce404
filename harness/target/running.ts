import type { Clock } from '../kernel/clock.ts'
import { SoakrigError } from '../kernel/errors.ts'
import type { HeapAccess } from './heap/heap.ts'
import type { ProcessIdentity, ProcessRecord, ProcStat } from './proc.ts'
import type { StopSettings } from './settings.ts'

/** How a target ended. */
export interface TargetExit {
  readonly code: number | null
  readonly signal: string | null
  /** The last lines of its output, at most 20. */
  readonly tail: readonly string[]
}

/** What a start needs to know of the run. */
export interface LaunchContext {
  readonly clock: Clock
  readonly runId: string
  /** Directory of this life of the target; exists. */
  readonly directory: string
  /** Aborts the start; a target that has started is ended by `stop`. */
  readonly signal?: AbortSignal | undefined
  /** Seed of the built-in target's chance. */
  readonly seed?: number | string | undefined
  /** The port to listen on where the settings name none; a free one when absent. */
  readonly port?: number | undefined
  /** Environment variables besides those of the settings. */
  readonly env?: Readonly<Record<string, string>> | undefined
  /** It is started once more in the same directory: its files are there, and its commands to prepare have been run. */
  readonly again?: boolean | undefined
  /** Called for each process of the target, at once when it is started or first seen. */
  readonly onProcess: (record: ProcessRecord) => void
}

/** A target that serves. */
export interface RunningTarget extends AsyncDisposable {
  /** `SCHEME://HOST:PORT`; of a command `http://`, whatever it speaks. */
  readonly url: string
  readonly host: string
  readonly port: number
  /** Port of loopback that serves its stats over HTTP; null: they are where its url says. */
  readonly statsPort: number | null
  /** Its first process; undefined when a url's could not be found. */
  readonly root: ProcessIdentity | undefined
  /** The command as it was run; empty for a url. */
  readonly command: readonly string[]
  /** Where its output goes; undefined for a url. */
  readonly outputFile: string | undefined
  /** Resolves when its first process ends, by itself or by `stop`; of a url only when its process vanishes. */
  readonly exited: Promise<TargetExit>
  /** How its heap can be asked for. */
  readonly heap: HeapAccess
  /** Its living processes, now. */
  members(): readonly ProcStat[]
  /**
   * Ends it with all its processes, by `how` instead of its own settings; harmless when it has ended or was stopped
   * already. Leaves a url alone.
   */
  stop(how?: StopSettings): Promise<void>
}

/** The address of loopback that targets are told to listen on. */
export const loopback = '127.0.0.1'

/** How a process ended, in words. */
export function describeExit({ code, signal }: Pick<TargetExit, 'code' | 'signal'>): string {
  return signal ? `by ${signal}` : `with exit code ${code ?? 'unknown'}`
}

/** A target that could not be started: 113; with the end of its output when it came so far as to have one. */
export function startFailure(code: string, message: string, tail?: readonly string[]): SoakrigError {
  const lines = tail?.map((line) => `  ${line}`).join('\n')
  const output = lines === undefined ? '' : lines ? `; its last lines:\n${lines}` : '; it wrote nothing'
  return new SoakrigError(`${message}${output}`, { code, exit: 'targetDied' })
}
