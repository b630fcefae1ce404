import {
  bandAlpha,
  type BaselineFacts,
  type Effect,
  type EffectFacts,
  effectOf,
  timerSlackMs,
} from '../measure/effect.ts'
import { binomialBand } from '../measure/binomial.ts'
import type { Expectation } from './fault.ts'
import { activeFaults, type Faults } from './faults.ts'

/** Lateness of the median delay in the relay that is still a correct delay, in ms; a timer is never early. */
const delayErrorMs = [-0.05, 1.5] as const

/** What the faults of one arm should do together, added up over all of them. */
export function expectationOf(
  faults: Faults,
  baseline: BaselineFacts,
  operations: number,
): Pick<Expectation, 'delayMs' | 'errorShare'> {
  return activeFaults(faults)
    .map(({ fault, settings, direction }) => fault.expect(settings, { direction, baseline, operations }))
    .reduce(
      (sum, one) => ({
        delayMs: { lo: sum.delayMs.lo + one.delayMs.lo, hi: sum.delayMs.hi + one.delayMs.hi },
        errorShare: 1 - (1 - sum.errorShare) * (1 - one.errorShare),
      }),
      { delayMs: { lo: 0, hi: 0 }, errorShare: 0 },
    )
}

/**
 * What must be seen if the faults of an arm acted as they should. The first proof is the relay's: it fired as often as
 * it was to, and the delay it added is the delay it was asked for. The client's median must then lie in
 * [max(0.9 p50(base), L + S1) - 0.5, L + p50(base) + 3] ms, S1 being the median of a single worker: in a closed loop
 * on a busy target a true delay of L moves the median by less than L.
 */
export function faultEffects(
  faults: Faults,
  baseline: BaselineFacts,
  facts: EffectFacts,
  { clientLatency }: { readonly clientLatency: boolean },
): readonly Effect[] {
  const { delayMs } = expectationOf(faults, baseline, facts.operations)
  const shares = Map.groupBy(activeFaults(faults), ({ fault }) => fault.keyword)
  const fired = [...shares].flatMap(([keyword, active]) => {
    const expected = active.map(({ fault, settings, direction }) =>
      fault.expect(settings, { direction, baseline, operations: facts.operations }),
    )
    const firing = firedEffect(
      keyword,
      expected.map(({ firedShare }) => firedShare),
      facts,
    )
    return [firing, ...expected.flatMap(({ errorClass }) => seenEffect(keyword, errorClass, baseline, facts))]
  })
  if (delayMs.hi === 0) return fired
  const band = [
    Math.max(0.9 * baseline.p50Ms, delayMs.lo + baseline.singleP50Ms) - 0.5,
    delayMs.hi + baseline.p50Ms + timerSlackMs,
  ] as const
  return [
    ...fired,
    effectOf('injectedDelayErrorP50', 'ms', delayErrorMs, facts.injectedDelayErrorP50Ms),
    ...(clientLatency ? [effectOf('p50', 'ms', band, facts.p50Ms)] : []),
  ]
}

/**
 * How often a fault fired among what it could have acted on. One that acts in both directions has one tally, so its band
 * holds any mix of their shares. Nothing fired is never an effect, but a doubt where it was likely for all attempts.
 */
function firedEffect(keyword: string, shares: readonly number[], facts: EffectFacts): Effect {
  const { eligible, fired } = facts.fired[keyword] ?? { eligible: 0, fired: 0 }
  const least = Math.min(...shares)
  const band = [
    binomialBand(eligible, least, bandAlpha)[0],
    binomialBand(eligible, Math.max(...shares), bandAlpha)[1],
  ] as const
  const effect = effectOf(`fired.${keyword}`, 'share', band, eligible === 0 ? null : fired / eligible)
  if (fired > 0) return effect
  // Every attempt is an exchange: a relay that saw none of them must not pass for one that had no chance.
  const likely = least < 1 && (1 - least) ** Math.max(eligible, facts.attempts) >= bandAlpha / 2
  return { ...effect, ok: false, ...(likely && { inconclusive: `nothing fired in ${eligible} eligible exchanges` }) }
}

/** Every firing that fails an attempt must have reached the client as such, but for attempts that it had given up or sent again. */
function seenEffect(keyword: string, errorClass: string | null, baseline: BaselineFacts, facts: EffectFacts): Effect[] {
  const fired = facts.fired[keyword]?.fired ?? 0
  if (errorClass === null || fired === 0) return []
  const seen = facts.attemptErrors[errorClass] ?? 0
  const own = baseline.backgroundShare * (facts.fired[keyword]?.eligible ?? 0)
  const band = [1 - (facts.cancelled + facts.staleReconnects) / fired, 1 + (own + 1) / fired] as const
  return [effectOf(`seen.${keyword}`, 'share', band, seen / fired)]
}
