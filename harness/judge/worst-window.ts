import { clopperPearsonLower } from '../measure/binomial.ts'

/** Where in the run something was worst. */
export interface WorstWindow {
  readonly value: number
  readonly fromMs: number
  readonly toMs: number
}

/** One-sided error of the rule that any of a run's windows broke a ceiling. */
const runAlpha = 0.01
/** A million windows, which is twelve days of one a second; what more there are share the same. */
const mostDoublings = 20

/** Follows how many of each window's operations failed. */
export interface ErrorWatch {
  add(failed: number, ended: number, span: Pick<WorstWindow, 'fromMs' | 'toMs'>): void
  /** The highest lower bound of a window's error rate; null before the first one. */
  read(): WorstWindow | null
}

/**
 * Keeps the window whose error rate is surely the highest: by its lower bound (Clopper and Pearson 1934), at an error that all
 * windows share (Bonferroni), or the more of them there are, the surer one breaks a ceiling that none was above. How many
 * there will be is not known, so that the worst is kept for each power of two that may be their number; the next one from
 * what they are counts. In memory that does not grow.
 */
export function watchErrors(): ErrorWatch {
  const worst: (WorstWindow | null)[] = Array.from({ length: mostDoublings + 1 }, () => null)
  let windows = 0
  const doublings = (): number => Math.min(mostDoublings, Math.ceil(Math.log2(Math.max(1, windows))))
  return {
    add(failed, ended, span) {
      windows++
      for (let at = doublings(); at <= mostDoublings; at++)
        worst[at] = worseOf(worst[at] ?? null, {
          value: clopperPearsonLower(failed, ended, runAlpha / 2 ** at),
          ...span,
        })
    },
    read: () => worst[doublings()] ?? null,
  }
}

/** The one with the higher value, of equal ones the first. */
export function worseOf(known: WorstWindow | null, window: WorstWindow): WorstWindow {
  return known === null || window.value > known.value ? window : known
}
