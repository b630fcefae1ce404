import type { ResultCapacity, ResultCapacityLoops, ResultCapacitySlice } from '../archive/capacity.ts'
import { kneeOf } from '../judge/capacity/kneedle.ts'
import type { LadderAnswer } from '../judge/capacity/ladder.ts'
import { stepVerdict } from '../judge/capacity/rate-step.ts'
import type { Slo } from '../judge/capacity/slo.ts'
import { fitUsl } from '../judge/capacity/usl.ts'
import { type Doubt, doubt } from '../measure/doubts.ts'

/** A rate that was tried, with what is archived of its slices. */
export interface MeasuredStep {
  readonly perSecond: number
  readonly slices: readonly ResultCapacitySlice[]
}

/** What a search has measured, and what that comes to. */
export interface CapacityCase {
  readonly answer: LadderAnswer
  readonly slos: readonly Slo[]
  readonly loops: readonly ResultCapacityLoops[]
  readonly steps: readonly MeasuredStep[]
}

/** The `capacity` of a result; a function of what it holds itself. */
export function capacityOf({ answer, slos, loops, steps }: CapacityCase): ResultCapacity {
  const scalability = loops.length === 0 ? { refused: 'closed loops were not measured' } : fitUsl(loops)
  const good = goodRates({ loops, steps })
  const rates = steps
    .map(({ perSecond, slices }) => ({ x: perSecond, y: meanOf(slices.map(({ ok }) => ok)) }))
    .toSorted((a, b) => a.x - b.x)
  return {
    ...answer,
    slo: slos.map(({ expr }) => expr),
    knee: {
      perSecond: kneeOf(rates),
      loops: kneeOf(loops.map(({ loops: x, perSecond: y }) => ({ x, y }))),
    },
    mostPerSecond: good.length === 0 ? null : Math.max(...good),
    scalability: 'fit' in scalability ? scalability.fit : null,
    scalabilityWhyNone: 'fit' in scalability ? null : scalability.refused,
    loops,
    steps: steps.map(({ perSecond, slices }) => ({ perSecond, verdict: stepVerdict(slices), slices })),
  }
}

/** What got done per second in each slice. */
function goodRates({ loops, steps }: Pick<CapacityCase, 'loops' | 'steps'>): readonly number[] {
  return [...loops.map(({ perSecond }) => perSecond), ...steps.flatMap(({ slices }) => slices.map(({ ok }) => ok))]
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** What there is to distrust in a capacity. That it is at least what was asked for at most is no doubt. */
export function capacityDoubts({ answer, ...measured }: CapacityCase): readonly Doubt[] {
  if (goodRates(measured).every((ok) => ok === 0))
    return [doubt('no-operations', 'no operation succeeded at any load', ['everything'])]
  const why = whyUnclear(answer)
  return why === null ? [] : [doubt('capacity-unclear', why, ['capacity'])]
}

function whyUnclear({ kind, limit, heldPerSecond, brokenPerSecond, precise }: LadderAnswer): string | null {
  if (kind === 'none') return `no rate that was tried held, down to ${brokenPerSecond ?? 'nothing'}/s`
  if (limit === 'generator')
    return `over ${heldPerSecond}/s the generator was at its end before the target was: more --processes or another machine may tell more`
  if (limit === 'time' || limit === 'steps') return `the search ran out of ${limit} before any rate did not hold`
  if (kind === 'found' && !precise)
    return `the search ended before it knew more than that it lies between ${heldPerSecond}/s and ${brokenPerSecond}/s`
  return null
}
