import { isAbort } from '../kernel/abort.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Tally } from '../measure/tally.ts'

/** Signals that may end a target in a kill. */
export const killSignals = ['SIGKILL', 'SIGTERM'] as const
export type KillSignal = (typeof killSignals)[number]

/** What a fault may do to the target itself: to its processes, and only to those. */
export interface TargetHandle {
  /**
   * Ends all processes of the target: by the signal, and what does not heed it by SIGKILL. Resolves when it is over: true
   * when none of them lives any more. The exit is a planned one.
   */
  kill(signal: KillSignal): Promise<boolean>
  /** Starts it again on the same port; resolves when it serves. Rejects as the start of a target does. */
  restart(): Promise<void>
  /** Stops all its processes by SIGSTOP; resolves with true once each of them has been seen to be stopped. */
  freeze(): Promise<boolean>
  /** Lets them go on; harmless when they are not stopped. */
  thaw(): void
  /** Starts processes of ours beside it that keep their share of one core busy. */
  hog(workers: number, share: number): Promise<HogHandle>
}

/** Processes of ours that burn CPU. */
export interface HogHandle {
  /** Ends them all; resolves with the CPU time that each of them used, in ns. */
  stop(): Promise<readonly number[]>
}

/** What a fault on the target runs on. */
export interface TargetFaultContext {
  readonly clock: Clock
  readonly handle: TargetHandle
  /** `eligible`: how often it tried, `fired`: how often it was seen to have acted. Has no bytes. */
  readonly tally: Tally
  /** Further counts of the fault's own by name (`pause.ns`); they only grow. */
  readonly counters: Record<string, number>
  /** Aborts when the fault is to be over: then it undoes at once what it did, and resolves. */
  readonly signal: AbortSignal
}

/** Waits until a moment of the clock, at most until the fault is to be over; false when it is. */
export async function stillOnAt({ clock, signal }: TargetFaultContext, atNs: number): Promise<boolean> {
  if (signal.aborted) return false
  try {
    await clock.sleep(Math.max(0, atNs - clock.nowNs()), signal)
    return true
  } catch (error) {
    if (isAbort(error, signal)) return false
    throw error
  }
}
