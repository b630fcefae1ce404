import { binomialCdf } from '../../measure/binomial.ts'
import { medianOf } from '../stats/median.ts'
import { differencesOf } from './differences.ts'
import type { MetricName } from './metrics.ts'
import { namesOf } from './names.ts'
import type { PairedSlice, Pairing, Round } from './slice.ts'

/** Rounds in which a loss has to show, beside most of all: two may be one disturbance that lay across both. */
const leastRounds = 3
/** Nothing done at all is no disturbance: so large a share of the rounds is enough. */
const deadRounds = 1 / 4

/**
 * A round has a burst in which so large a share more fails than of the baseline, and so many standard deviations more: in a
 * small round that is more than one operation that failed by chance.
 */
const burst = 0.01
const burstDeviations = 3

const halved: readonly MetricName[] = ['throughput', 'p50']

/** Two groups of arms, and what the first may cost: it counts from there whether it is a catastrophe. */
export interface Suspect {
  readonly pairing: Pairing
  /** In the unit of the metric's differences; what is not there may cost nothing. */
  readonly accepted: Readonly<Partial<Record<MetricName, number>>>
}

/**
 * What fails whatever the comparisons say: a policy at which half of the throughput is gone or the median latency doubled in
 * most rounds, which got nothing done in a quarter of them, or that fails in bursts its baseline has not, each beyond what it
 * may cost. Of the first three no healthy run comes near; bursts are tested, with an error of `burstAlpha` for all suspects
 * together. In words.
 */
export function catastrophes(
  rounds: readonly Round[],
  suspects: readonly Suspect[],
  burstAlpha: number,
): readonly string[] {
  const worst = suspects.flatMap((suspect) => [
    ...halved.flatMap((metric) => lossesOf(rounds, suspect, metric)),
    ...deathsOf(rounds, suspect),
    ...burstsOf(rounds, suspect, burstAlpha / suspects.length),
  ])
  return [...new Set(worst)]
}

function lossesOf(rounds: readonly Round[], { pairing, accepted }: Suspect, metric: MetricName): readonly string[] {
  const { values } = differencesOf(rounds, pairing, metric)
  const allowed = accepted[metric] ?? 0
  const lost = values.filter((difference) => difference - allowed > Math.LN2).length
  if (lost < leastRounds || lost <= rounds.length / 2) return []
  const ratio = Math.exp(medianOf(values)).toPrecision(3)
  const beyond = allowed === 0 ? '' : `, of which ${Math.exp(allowed).toPrecision(3)} are accepted`
  const { policy, against } = namesOf(pairing)
  return [`${metric} of ${policy} is ${ratio} times worse than of ${against}${beyond}`]
}

function deathsOf(rounds: readonly Round[], { pairing }: Suspect): readonly string[] {
  const dead = rounds.filter((round) => isDead(round, pairing)).length
  if (dead < leastRounds || dead < deadRounds * rounds.length) return []
  const { policy, against } = namesOf(pairing)
  return [`${policy} got nothing done in ${dead} of ${rounds.length} rounds in which ${against} did`]
}

/** Whether the judged arms got nothing done in a round, by success or failure, while each of their baseline's did. */
function isDead({ slices }: Round, { arms, baseArms }: Pairing): boolean {
  const done = (own: readonly string[]): number => sumOf(slices, own).ok
  return slices.some(({ arm }) => arms.includes(arm)) && done(arms) === 0 && baseArms.every((arm) => done([arm]) > 0)
}

/**
 * A sign test: in a healthy run a round in which one of the two has a burst is as often one of the baseline's. A round is the
 * policy's only where it fails more than each of the baseline's arms, and the baseline's where any of them fails more, so that
 * several of them make it less likely, and never more, to come out as the worse.
 */
function burstsOf(
  rounds: readonly Round[],
  { pairing, accepted: { errors = 0 } }: Suspect,
  alpha: number,
): readonly string[] {
  const sides = rounds.map((round) => burstSide(round, pairing, errors))
  const [own, others] = [1, -1].map((side) => sides.filter((one) => one === side).length) as [number, number]
  if (own === 0 || binomialCdf(others, own + others, 0.5) > alpha) return []
  const { policy, against } = namesOf(pairing)
  const less = others === 0 ? '' : `, and less in ${others}`
  return [
    `${policy} fails in bursts: at least ${percent(errors + burst)} more than ${against} in ${own} of ${rounds.length} rounds${less}`,
  ]
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(3))} %`
}

/** 1 where the judged arms have a burst beside each of their baseline's, -1 where any of those has one beside them, else 0. */
function burstSide({ slices }: Round, { arms, baseArms }: Pairing, allowed: number): -1 | 0 | 1 {
  const judged = sumOf(slices, arms)
  const bases = baseArms.map((arm) => sumOf(slices, [arm])).filter(({ all }) => all > 0)
  if (judged.all === 0 || bases.length === 0) return 0
  const excesses = bases.map((base) => {
    const share = (judged.failed + base.failed) / (judged.all + base.all)
    const deviation = Math.sqrt(share * (1 - share) * (1 / judged.all + 1 / base.all))
    const excess = judged.failed / judged.all - base.failed / base.all - allowed
    return Math.abs(excess) >= Math.max(burst, burstDeviations * deviation) ? excess : 0
  })
  if (excesses.some((excess) => excess < 0)) return -1
  return excesses.every((excess) => excess > 0) ? 1 : 0
}

interface Ended {
  readonly ok: number
  readonly failed: number
  readonly all: number
}

function sumOf(slices: readonly PairedSlice[], arms: readonly string[]): Ended {
  const own = slices.filter(({ arm }) => arms.includes(arm))
  const [ok, failed] = (['ok', 'failed'] as const).map((key) => own.reduce((sum, slice) => sum + slice[key], 0)) as [
    number,
    number,
  ]
  return { ok, failed, all: ok + failed }
}
