import type { Rng } from '../../kernel/rng.ts'
import type { Outcome } from '../outcome.ts'

/** The delays of a retry. Whatever is drawn, none is longer than the maximum. */
export interface RetryDelays {
  readonly baseDelayNs: number
  readonly maxDelayNs: number
  /** By which the delays of strategies that grow exponentially grow. */
  readonly factor: number
  /** Delays of the strategies that draw nothing else are multiplied by a number drawn from [1 - jitter, 1 + jitter). */
  readonly jitter: number
}

/** How long to wait before a call. A strategy makes one per client, and each operation has delays of its own. */
export interface RetryStrategy {
  readonly keyword: string
  open(delays: RetryDelays): SharedDelays
}

/** What the operations of a client share. */
export interface SharedDelays {
  /** Made once for each operation that runs at a time, and used again. */
  operation(rng: Rng): OperationDelays
}

/** The delays of one operation at a time. */
export interface OperationDelays {
  /** A new operation begins. */
  begin(): void
  /** One of its attempts has ended by itself. */
  attemptEnded(outcome: Outcome, nowNs: number): void
  /** Ns to wait before a call, counted from 2: the first repetition. Asked once per wait, in order. */
  delayNs(call: number): number
  /** It has ended; not told where it was given up from outside. */
  ended(ok: boolean, nowNs: number): void
}

const nothing = (): void => {}

/** Delays that depend on the number of the call and on chance alone. */
export function delaysOf(delayNs: (call: number, rng: Rng) => number): SharedDelays {
  return {
    operation: (rng) => ({
      begin: nothing,
      attemptEnded: nothing,
      delayNs: (call) => delayNs(call, rng),
      ended: nothing,
    }),
  }
}

/** A delay with its jitter, which is symmetric, and cut off at the maximum after that. */
export function jittered(delayNs: number, { jitter, maxDelayNs }: RetryDelays, rng: Rng): number {
  const drawn = jitter === 0 ? delayNs : delayNs * (1 + jitter * (2 * rng.next() - 1))
  return Math.min(drawn, maxDelayNs)
}

/** d, d·f, d·f², not cut off: the growth that several strategies have in common. */
export function grown({ baseDelayNs, factor }: RetryDelays, call: number): number {
  return baseDelayNs * factor ** (call - 2)
}
