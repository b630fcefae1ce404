import { activeFaults } from '../faults/faults.ts'
import { leastVisibleDelayMs, rate, type RateSettings } from '../faults/rate.ts'
import { SoakrigError } from '../kernel/errors.ts'
import type { BaselineFacts } from '../measure/effect.ts'
import type { Arm } from '../plan/arms.ts'

/**
 * Refuses a rate that could not show: the responses that were just measured pass it too fast to tell from the
 * lateness of timers. Throws `rate-invisible` (104) with the smallest change that would show, for all such policies.
 */
export function checkVisibility(arms: readonly Arm[], baseline: BaselineFacts): void {
  const problems = arms.flatMap((arm) =>
    activeFaults(arm.faults)
      .filter(({ fault }) => fault.keyword === rate.keyword)
      .flatMap(({ settings, direction }) => {
        const { bitsPerSecond } = settings as RateSettings
        const bytes = direction === 'uplink' ? baseline.requestBytes.min : baseline.responseBytes.min
        const delayMs = (8000 * bytes) / bitsPerSecond
        if (delayMs >= leastVisibleDelayMs) return []
        const slowest = Math.floor((8 * bytes) / leastVisibleDelayMs)
        const largest = Math.ceil((bitsPerSecond * leastVisibleDelayMs) / 8000)
        const message = `a message of ${Math.round(bytes)} bytes takes ${delayMs.toFixed(3)} ms at this rate, which cannot be told from a timer's lateness; allowed: at most ${slowest}kbps, or messages of at least ${largest} bytes`
        return [{ where: `/policies/${arm.policy ?? ''}`, message }]
      }),
  )
  if (problems.length === 0) return
  throw new SoakrigError('a rate could not show', { code: 'rate-invisible', exit: 'usage', problems })
}
