/** What one trial of a strength came to. */
export interface Trial {
  /** Whether all bounds held; null where the fault did not do what it should, or nothing was measured: that is no trial. */
  readonly held: boolean | null
  /** Whether a figure lay so near its limit that chance may have decided. */
  readonly near: boolean
}

/** Whether the target held its bounds at a strength; null while that takes a further trial. */
export type StepVerdict = 'held' | 'broken' | 'void' | null

/** So many trials of which nothing is known are enough. */
const mostVoid = 2
const agreeing = 2

/**
 * One trial decides that bounds held where no figure was near its limit: a machine that stalls only makes things worse. All
 * else takes two trials that agree, of three at most.
 */
export function stepVerdict(trials: readonly Trial[]): StepVerdict {
  const known = trials.filter(({ held }) => held !== null)
  if (trials.length - known.length >= mostVoid) return 'void'
  const [first] = known
  if (first?.held === true && !first.near) return 'held'
  if (known.filter(({ held }) => held === true).length >= agreeing) return 'held'
  return known.filter(({ held }) => held === false).length >= agreeing ? 'broken' : null
}
