import { normalCdf, normalQuantile } from '../stats/distributions.ts'

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

/** The chance that a change for the worse of a whole margin passes. */
export const passAlpha = 0.05

/**
 * The looks of a run that may end after any of these numbers of rounds, in ascending order. Failing spends its error as
 * O'Brien and Fleming (1979, Biometrics 35:549) do in the form of Lan and DeMets (1983, Biometrika 70:659): nearly nothing
 * early. Each look has what it adds, whatever the looks have in common. Passing spends its own in equal parts.
 */
export function looksOf(rounds: readonly number[]): readonly Look[] {
  const last = rounds.at(-1) ?? 0
  const spentBy = rounds.map((count) => spent(count / last, runAlpha))
  return rounds.map((count, index) => ({
    rounds: count,
    failAlpha: (spentBy[index] as number) - (spentBy[index - 1] ?? 0),
    passAlpha: passAlpha / rounds.length,
  }))
}

/** What has been spent of `alpha` when this share of all rounds is done. */
function spent(share: number, alpha: number): number {
  return share >= 1 ? alpha : 2 * normalCdf(normalQuantile(alpha / 2) / Math.sqrt(share))
}
