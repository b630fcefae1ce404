import { normalCdf, normalQuantile } from '../stats/distributions.ts'
import { constantLevel } from '../stats/group-sequential.ts'

/** A moment at which a run may end with an answer: after so many rounds, with errors of its own. */
export interface Look {
  readonly rounds: number
  /** What it may spend of the error of all failures of the run. */
  readonly failAlpha: number
  /** One-sided error of the bound that a pass rests on. */
  readonly passAlpha: number
}

/** The chance that a healthy run fails at any of its tests. */
export const runAlpha = 0.01

/** What of it is spent on comparisons, and what on bursts of failures. */
export const failShares = { comparisons: 0.8, bursts: 0.2 } as const

/** The chance that a change for the worse of a whole margin passes. */
export const passAlpha = 0.05

/**
 * The looks of a run that may end after any of these numbers of rounds, in ascending order. Failing spends its error as
 * O'Brien and Fleming (1979, Biometrics 35:549) do in the form of Lan and DeMets (1983, Biometrika 70:659): nearly nothing
 * early. Each look has what it adds, whatever the looks have in common. Passing has one level at all looks, Pocock's: what
 * looks have in common is known, since a change of just a margin is what the level is for.
 */
export function looksOf(rounds: readonly number[]): readonly Look[] {
  const failLevels = failLevelsOf(rounds)
  const passLevel = levelOf(rounds)
  return rounds.map((count, index) => ({
    rounds: count,
    failAlpha: failLevels[index] as number,
    passAlpha: passLevel,
  }))
}

/** What each look may spend of the error of all failures. */
export function failLevelsOf(rounds: readonly number[]): readonly number[] {
  const spentBy = rounds.map((count) => spent(count / (rounds.at(-1) ?? 0), runAlpha))
  return spentBy.map((all, index) => all - (spentBy[index - 1] ?? 0))
}

const levels = new Map<string, number>()

/** Kept, since it takes milliseconds and a run asks for it after each of its rounds. */
function levelOf(rounds: readonly number[]): number {
  const key = rounds.join()
  const level = levels.get(key) ?? constantLevel(rounds, passAlpha)
  levels.set(key, level)
  return level
}

/** What has been spent of `alpha` when this share of all rounds is done. */
function spent(share: number, alpha: number): number {
  return share >= 1 ? alpha : 2 * normalCdf(normalQuantile(alpha / 2) / Math.sqrt(share))
}
