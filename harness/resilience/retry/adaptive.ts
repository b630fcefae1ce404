import { isOwnRefusal, isSuccess } from '../outcome.ts'
import { grown, jittered, type RetryStrategy } from './strategy.ts'

/** So many attempts back the success rate looks. */
const windowSize = 100

/** The success rate of which nothing is known. */
const unknownRate = 0.8

/**
 * Exponential delays times a factor by the share of successes among the client's last 100 attempts: 0.7 above 90 %, 1 above
 * 70 %, 1.5 above 50 %, else 2. Attempts count and not operations: one that succeeded after repetitions tells of trouble.
 * What the client refused by itself does not count.
 */
export const adaptive: RetryStrategy = {
  keyword: 'adaptive',
  open(delays) {
    const recent = new RecentSuccesses()
    return {
      operation: (rng) => ({
        begin: () => {},
        attemptEnded(outcome) {
          if (!isOwnRefusal(outcome)) recent.add(isSuccess(outcome))
        },
        delayNs: (call) => jittered(grown(delays, call) * factorOf(recent), delays, rng),
        ended: () => {},
      }),
    }
  },
}

/** In hundredths of successes, so that no bound depends on rounding. */
function factorOf({ count, successes }: RecentSuccesses): number {
  const [good, of] = count === 0 ? [unknownRate * 100, 1] : [100 * successes, count]
  if (good > 90 * of) return 0.7
  if (good > 70 * of) return 1
  return good > 50 * of ? 1.5 : 2
}

/** The share of successes among the last 100 attempts, by running counts. */
class RecentSuccesses {
  count = 0
  successes = 0
  readonly #ring = new Uint8Array(windowSize)
  #at = 0

  add(ok: boolean): void {
    if (this.count === windowSize) this.successes -= this.#ring[this.#at] ?? 0
    else this.count++
    this.#ring[this.#at] = ok ? 1 : 0
    this.successes += ok ? 1 : 0
    this.#at = (this.#at + 1) % windowSize
  }
}
