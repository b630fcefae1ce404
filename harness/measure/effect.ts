import { significant } from '../kernel/units.ts'

/** What a fault or policy may know of the undisturbed target when it says what it will change. */
export interface BaselineFacts {
  /** p50 of the arm it is compared with, in ms. */
  readonly p50Ms: number
  /** p99 of the same arm, in ms. */
  readonly p99Ms: number
  /** p50 of a single worker through the same path, in ms: the target's time when nobody else asks. */
  readonly singleP50Ms: number
  /** Bytes on the wire of one response: the smallest and the largest mean over the named requests. */
  readonly responseBytes: { readonly min: number; readonly max: number }
  /** Bytes on the wire of one request, likewise. */
  readonly requestBytes: { readonly min: number; readonly max: number }
  /** Upper confidence limit of the share of attempts that fail without any fault, at `bandAlpha`. */
  readonly backgroundShare: number
}

/** What was seen in the arm under the fault or policy, by the names that bands use. */
export interface EffectFacts {
  /** Median of the successes; null when there was none. */
  readonly p50Ms: number | null
  readonly operations: number
  readonly attempts: number
  readonly failedOperations: number
  /** Operations that something else than the target answered. */
  readonly degradedOperations: number
  /** The same over everything, discard and drain included. */
  readonly allDegraded: number
  /** Operations that were cut off; their attempts are counted, they are not. */
  readonly cutOff: number
  /** Over everything, discard and drain included: failed attempts by class, those that we ended ourselves, and all. */
  readonly attemptErrors: Readonly<Record<string, number>>
  /** Failed operations by class, likewise over everything. */
  readonly errors: Readonly<Record<string, number>>
  readonly cancelled: number
  readonly allAttempts: number
  /** Requests that were sent again because their connection had been closed: what hit the first one was not seen. */
  readonly staleReconnects: number
  /** Median over chunks of the delay that the relay added, less the delay it was asked for, in ms; null for none. */
  readonly injectedDelayErrorP50Ms: number | null
  /** What the client's policies have counted, likewise over everything, and the highest that something was, by name. */
  readonly policyCounters: Readonly<Record<string, number>>
  readonly policyPeaks: Readonly<Record<string, number>>
  /** How long half of the failures took, in ms; null where none failed. */
  readonly failedP50Ms: number | null
  /** How long the slowest hundredth of the failures took, in ms; null where none failed. */
  readonly failedP99Ms: number | null
  /** Of how many failures that is. */
  readonly timedFailures: number
  /** By fault keyword: what it could have acted on, and what it did act on. */
  readonly fired: Readonly<Record<string, { readonly eligible: number; readonly fired: number }>>
  /** What faults count besides, by name. */
  readonly counters: Readonly<Record<string, number>>
  /** The names of the rules of which the relay (or resolver) of the arm has told, whatever they did. */
  readonly rulesTold: readonly string[]
  readonly waits: WaitFacts
  readonly load: LoadFacts
  /** The quickest connection that was made in the measured time, in ms; null for none. */
  readonly connectMs: number | null
}

/** How an arm was loaded: a client has its state in each process, for as long as its target lives. */
export interface LoadFacts {
  readonly processes: number
  /** Operations in flight at once, at most, over all processes; of a script users, each of whom may have several. */
  readonly inFlight: number
  readonly scripted: boolean
  readonly slices: number
  /** From the first operation of a slice to the end of its last, at most. */
  readonly sliceNs: number
  /** The longest wait for what is in flight at the end of a slice. */
  readonly drainNs: number
}

/** What the relay held back for at least `longWaitMs`, and who waited for it. All 0 where they cannot be compared. */
export interface WaitFacts {
  /** Pieces of streams in the relay, of the whole slices. */
  readonly held: number
  /** Measured operations that took as long. */
  readonly seen: number
  /** Operations that may have taken as long and are not measured, at most. */
  readonly unseen: number
}

/** One thing that must be seen if the fault or policy did what it should. */
export interface Effect {
  readonly metric: string
  readonly unit: string
  readonly lo: number
  readonly hi: number
  readonly observed: number | null
  readonly ok: boolean
  /** Set where the sample was too small to tell: then not ok means inconclusive, not void. */
  readonly inconclusive?: string
}

/** An effect from a band and what was observed; nothing observed is never ok. */
export function effectOf(
  metric: string,
  unit: string,
  [lo, hi]: readonly [number, number],
  observed: number | null,
): Effect {
  // Rounded first and judged after, so that the answer can be computed again from the result file.
  const [from, to, found] = [significant(lo), significant(hi), observed === null ? null : significant(observed)]
  return { metric, unit, lo: from, hi: to, observed: found, ok: found !== null && found >= from && found <= to }
}

/** Allowed false alarm of one band; all bands of a run together stay under one in a thousand. */
export const bandAlpha = 1e-4

/** From when on a piece was held back for long, in ms: less than a lost segment is late (`loss`), more than any timer is. */
export const longWaitMs = 150

/** Lateness of timers and of the event loop that a correct delay may show, in ms. */
export const timerSlackMs = 3
