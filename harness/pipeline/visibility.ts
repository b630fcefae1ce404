import { activeFaults } from '../faults/faults.ts'
import { canAct } from '../faults/rules.ts'
import { leastVisibleDelayMs, rate, type RateSettings } from '../faults/rate.ts'
import { SoakrigError } from '../kernel/errors.ts'
import type { BaselineFacts } from '../measure/effect.ts'
import type { Arm } from '../plan/arms.ts'

/**
 * Refuses rates that could not show: the messages that were just measured pass them too fast to tell from the lateness of
 * timers, both directions together, and their rule does nothing else. Throws `rate-invisible` (104) with the smallest
 * change that would show, for all such policies.
 */
export function checkVisibility(arms: readonly Arm[], baseline: BaselineFacts): void {
  // What passes to a dependency was not measured.
  const problems = arms
    .filter(({ at }) => at === null)
    .flatMap(({ rules, policy }) =>
      rules
        .filter(canAct)
        .flatMap(({ faults }) => invisibleRates(faults, baseline))
        .map((message) => ({ where: `/policies/${policy ?? ''}`, message })),
    )
  if (problems.length === 0) return
  throw new SoakrigError('a rate could not show', { code: 'rate-invisible', exit: 'usage', problems })
}

/** What is wrong with each rate of a rule; nothing where one shows, or another fault does. */
function invisibleRates(faults: Arm['rules'][number]['faults'], baseline: BaselineFacts): string[] {
  const active = activeFaults(faults)
  if (active.some(({ fault }) => fault.keyword !== rate.keyword)) return []
  const rates = active.map(({ settings, direction }) => {
    const { bitsPerSecond } = settings as RateSettings
    const bytes = direction === 'uplink' ? baseline.requestBytes.min : baseline.responseBytes.min
    return { bitsPerSecond, bytes, delayMs: (8000 * bytes) / bitsPerSecond }
  })
  if (rates.reduce((sum, { delayMs }) => sum + delayMs, 0) >= leastVisibleDelayMs) return []
  return rates.map(({ bitsPerSecond, bytes, delayMs }) => {
    const slowest = Math.floor((8 * bytes) / leastVisibleDelayMs)
    const largest = Math.ceil((bitsPerSecond * leastVisibleDelayMs) / 8000)
    return `a message of ${Math.round(bytes)} bytes takes ${delayMs.toFixed(3)} ms at this rate, which cannot be told from a timer's lateness; allowed: at most ${slowest}kbps, or messages of at least ${largest} bytes`
  })
}
