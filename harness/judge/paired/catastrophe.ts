import { medianOf } from '../stats/median.ts'
import { differencesOf } from './differences.ts'
import type { MetricName } from './metrics.ts'
import type { PairedSlice, Pairing, Round } from './slice.ts'

/** Rounds in which a loss has to show, beside most of all: two may be one disturbance that lay across both. */
const leastRounds = 3

/**
 * A round has a burst in which so large a share more fails than of the baseline, and so many standard deviations more: in a
 * small round that is more than one operation that failed by chance.
 */
const burst = 0.01
const burstDeviations = 3
/** Bursts in so many of the rounds are no accident, if they lie further apart than one disturbance does. */
const burstRounds = 1 / 6
const leastApart = 2

const halved: readonly MetricName[] = ['throughput', 'p50']

/**
 * What fails before any test could: a policy at which half of the throughput is gone or the median latency doubled in most
 * rounds, or that fails in bursts its baseline has not. Rules that no healthy run comes near; in words.
 */
export function catastrophes(rounds: readonly Round[], pairings: readonly Pairing[]): readonly string[] {
  const worst = pairings.flatMap((pairing) => [
    ...halved.flatMap((metric) => lossesOf(rounds, pairing, metric)),
    ...burstsOf(rounds, pairing),
  ])
  return [...new Set(worst)]
}

function lossesOf(rounds: readonly Round[], pairing: Pairing, metric: MetricName): readonly string[] {
  const { values } = differencesOf(rounds, pairing, metric)
  const lost = values.filter((difference) => difference > Math.LN2).length
  if (lost < leastRounds || lost <= rounds.length / 2) return []
  const ratio = Math.exp(medianOf(values)).toPrecision(3)
  return [`${metric} of ${pairing.policy} is ${ratio} times worse than of ${pairing.against}`]
}

function burstsOf(rounds: readonly Round[], pairing: Pairing): readonly string[] {
  const bursts = rounds.flatMap((round, index) => (hasBurst(round, pairing) ? [index] : []))
  const apart = (bursts.at(-1) ?? 0) - (bursts[0] ?? 0)
  if (bursts.length < burstRounds * rounds.length || apart < leastApart) return []
  return [
    `${pairing.policy} fails in bursts: at least 1 % more than ${pairing.against} in ${bursts.length} of ${rounds.length} rounds`,
  ]
}

function hasBurst({ slices }: Round, { arms, baseArms }: Pairing): boolean {
  const judged = endedOf(slices, arms)
  const base = endedOf(slices, baseArms)
  if (judged.all === 0 || base.all === 0) return false
  const more = judged.failed / judged.all - base.failed / base.all
  const share = (judged.failed + base.failed) / (judged.all + base.all)
  const deviation = Math.sqrt(share * (1 - share) * (1 / judged.all + 1 / base.all))
  return more >= burst && more >= burstDeviations * deviation
}

function endedOf(
  slices: readonly PairedSlice[],
  arms: readonly string[],
): { readonly all: number; readonly failed: number } {
  const own = slices.filter(({ arm }) => arms.includes(arm))
  const failed = own.reduce((sum, slice) => sum + slice.failed, 0)
  return { failed, all: own.reduce((sum, slice) => sum + slice.ok, failed) }
}
