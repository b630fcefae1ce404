import { type Doubt, doubt } from '../../measure/doubts.ts'
import { smallestP } from '../stats/signed-rank.ts'
import { catastrophes, type Suspect } from './catastrophe.ts'
import { compareAll, type PairedComparison, type PlannedComparison } from './compare-arms.ts'
import { controlDoubts } from './control.ts'
import { failLevelsOf, failShares, type Look, looksOf } from './looks.ts'
import type { MetricName } from './metrics.ts'
import { namesOf } from './names.ts'
import type { Ruler } from './ruler.ts'
import type { Pairing, Round } from './slice.ts'
import { leastShareOf } from './view.ts'

/** What is decided of a run's rounds. */
export interface PairedCase {
  readonly rounds: readonly Round[]
  readonly planned: readonly PlannedComparison[]
  /** What is the same build, one against the other: the baseline and its second measurement. */
  readonly controls: readonly Pairing[]
  readonly ruler: Ruler
  /** After how many rounds the run might have ended, ascending; the last one is its whole length. */
  readonly looks: readonly number[]
}

/** The answer of the rounds. */
export interface PairedAnswer {
  /** `reported`: there was nothing to decide, and something to tell. */
  readonly verdict: 'pass' | 'fail' | 'inconclusive' | 'void' | 'reported'
  /** How many rounds it took. */
  readonly rounds: number
  readonly comparisons: readonly PairedComparison[]
  readonly doubts: readonly Doubt[]
  /** What fails whatever the tests say; in words. */
  readonly catastrophes: readonly string[]
}

/** A gated comparison may lack so large a share of the rounds. */
const mostMissing = 0.05

/**
 * Decides by the rounds alone: at each look that they reach, until one has an answer; that of the last one counts whatever
 * it is. A run whose baseline differs from itself is void, and never a failure.
 */
export function decide(run: PairedCase): PairedAnswer {
  const reached = looksOf(run.looks).filter(({ rounds }) => rounds <= run.rounds.length)
  const [first, ...others] = reached.length > 0 ? reached : [unreached(run)]
  let answer = answerAt(run, first as Look)
  for (const look of others) {
    if (answer.verdict === 'fail' || answer.verdict === 'pass') return answer
    answer = answerAt(run, look)
  }
  return answer
}

/** A run that ended before its first look passes nothing, and fails by no test. */
function unreached({ rounds }: PairedCase): Look {
  return { rounds: rounds.length, failAlpha: 0, passAlpha: 0 }
}

function answerAt(run: PairedCase, look: Look): PairedAnswer {
  const { planned, controls, ruler } = run
  const rounds = run.rounds.slice(0, look.rounds)
  const comparisons = compareAll(rounds, planned, ruler, look)
  const gated = planned.filter((one) => one.gated)
  const metrics = [...new Set(gated.map(({ metric }) => metric))]
  const worst = catastrophes(rounds, suspectsOf(planned), failShares.bursts * look.failAlpha)
  const doubts = [
    ...controlDoubts(rounds, controls, metrics, ruler),
    ...powerDoubts(run, metrics, gated.length),
    ...comparisons.filter((one) => one.gated).flatMap((one) => missingDoubts(one, rounds.length)),
  ]
  const verdict = verdictOf(comparisons, worst, doubts)
  return { verdict, rounds: rounds.length, comparisons, doubts, catastrophes: worst }
}

/**
 * Whether so many tests could fail at all at the last look, if only one of them has reason to: even where some of its rounds
 * count as disturbed, since those that do are taken for as much as the others then (`disturbance.ts`). `share`: what the first
 * test of a metric has of the error, of the metric that has least.
 */
export function canFail(looks: readonly number[], tests: number, share = 1): boolean {
  const [rounds, level] = [looks.at(-1), failLevelsOf(looks).at(-1)]
  if (rounds === undefined || level === undefined) return false
  return smallestP(rounds) <= (share * failShares.comparisons * level) / tests
}

function powerDoubts({ looks }: PairedCase, metrics: readonly MetricName[], tests: number): readonly Doubt[] {
  if (tests === 0 || canFail(looks, tests, leastShareOf(metrics))) return []
  const text = `${looks.at(-1) ?? 0} rounds cannot make any of ${tests} gated comparisons fail`
  return [doubt('gate-cannot-fail', text, ['comparisons'])]
}

/** Whoever has a gated metric, or may fail the run by a catastrophe alone; with what it may cost in each metric. */
function suspectsOf(planned: readonly PlannedComparison[]): readonly Suspect[] {
  const byPairing = Map.groupBy(planned, ({ pairing }) => [pairing.policy, pairing.against].join(' '))
  return [...byPairing.values()].flatMap((own) => {
    const [held] = own.filter(({ gated, suspect = false }) => gated || suspect)
    const accepted = own.map(({ metric, accepted: size = 0 }) => [metric, size] as const)
    return held ? [{ pairing: held.pairing, accepted: Object.fromEntries(accepted) }] : []
  })
}

function missingDoubts(one: PairedComparison, all: number): readonly Doubt[] {
  const { metric, rounds } = one
  if (all - rounds <= mostMissing * all) return []
  const text = `${metric} of ${namesOf(one).policy} was measured in ${rounds} of ${all} rounds`
  return [doubt('rounds-missing', text, [metric])]
}

function verdictOf(
  comparisons: readonly PairedComparison[],
  worst: readonly string[],
  doubts: readonly Doubt[],
): PairedAnswer['verdict'] {
  const gated = comparisons.filter((one) => one.gated)
  if (doubts.some(({ effect }) => effect === 'void')) return 'void'
  if (worst.length > 0 || gated.some(({ verdict }) => verdict === 'fail')) return 'fail'
  if (gated.length === 0 && comparisons.some(({ verdict }) => verdict === 'reported')) return 'reported'
  const unclear = gated.length === 0 || gated.some(({ verdict }) => verdict === 'inconclusive')
  return unclear || doubts.some(({ effect }) => effect === 'inconclusive') ? 'inconclusive' : 'pass'
}
