import type { Clock } from '../kernel/clock.ts'
import { nsPerMs, nsPerSecond } from '../kernel/units.ts'

/** Longer waits mean the same: nobody waits for them. */
const longestNs = 366 * 86_400 * nsPerSecond

/** Whether the `Retry-After` of an answer with this status says when to ask again: 429 and 503 (RFC 6585, RFC 9110). */
export function mayAskToWait(status: number): boolean {
  return status === 429 || status === 503
}

/**
 * The ns that a `Retry-After` asks to wait (RFC 9110, section 10.2.3): whole seconds, or a date by the wall clock. 0 where
 * there is none, where it cannot be read, and for a date that has passed.
 */
export function waitAskedFor(retryAfter: string | null, clock: Pick<Clock, 'date'>): number {
  if (retryAfter === null) return 0
  if (/^\d+$/u.test(retryAfter)) return Math.min(longestNs, Number(retryAfter) * nsPerSecond)
  const atMs = /^[A-Z][a-z]{2}/u.test(retryAfter) ? dateMs(retryAfter) : Number.NaN
  const waitNs = (atMs - clock.date().getTime()) * nsPerMs
  return waitNs > 0 ? Math.min(longestNs, waitNs) : 0
}

/** The three forms of an HTTP date (RFC 9110, section 5.6.7); the one of asctime does not say that it is GMT. */
function dateMs(text: string): number {
  return Date.parse(text.endsWith('GMT') ? text : `${text} GMT`)
}
