import type { ResultComparison } from '../archive/result.ts'
import type { Verdict } from '../judge/judge.ts'
import { resultComparison } from './gate.ts'

/** What is compared over all slices decides nothing. */
const undecided = {
  interval: null,
  p: null,
  margin: null,
  floor: null,
  mde: null,
  verdict: 'reported',
  ruler: 'none: differences over slices decide nothing',
} as const

/** The comparisons of a run. What its gate compares is told by its rounds, and not a second time by all slices taken together. */
export function resultComparisons({
  comparisons,
  gate,
}: Pick<Verdict, 'comparisons' | 'gate'>): readonly ResultComparison[] {
  const ofGate = gate?.comparisons ?? []
  const others = comparisons.filter(
    ({ policy, against, metric }) =>
      !ofGate.some((one) => one.policy === policy && one.against === against && one.metric === metric),
  )
  return [...others.map((comparison) => ({ ...comparison, ...undecided })), ...ofGate.map(resultComparison)]
}
