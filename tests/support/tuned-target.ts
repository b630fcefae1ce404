import { isNear } from '../../harness/judge/tune/near.ts'
import {
  nextTrial,
  type SearchAnswer,
  type SearchSettings,
  type StrengthStep,
} from '../../harness/judge/tune/search.ts'
import { createRng, type Rng } from '../../harness/kernel/rng.ts'

/** A target of which a figure follows from the strength, and must stay under 1. */
export interface TunedTarget {
  readonly figure: (value: number) => number
  /** Of the logarithm of the figure, from trial to trial. */
  readonly deviation?: number
  /** Share of the trials in which the machine stalls, so that the bound breaks whatever the strength is. */
  readonly stalls?: number
  /** Strengths at which the fault does not act. */
  readonly idle?: (value: number) => boolean
}

export interface Tuned {
  readonly answer: SearchAnswer
  readonly steps: readonly StrengthStep[]
}

export const latencySearch: SearchSettings = {
  from: 20,
  least: 1,
  most: 60_000,
  harder: 'more',
  resolution: 0.1,
  mostSteps: 24,
  mostNs: Number.POSITIVE_INFINITY,
  fromBreaks: false,
}

const latency = { metric: 'latency', aggregate: 'p' } as const
const ended = { failed: 0, ended: 100, degraded: 0 }

/** Goes through a search; `elapsedNs` of a trial is one. */
export function tuned(target: TunedTarget, changes: Partial<SearchSettings> = {}, seed = 1): Tuned {
  const settings = { ...latencySearch, ...changes }
  const rng = createRng(seed)
  let steps: readonly StrengthStep[] = []
  for (let trials = 0; trials < 200; trials++) {
    const order = nextTrial(settings, steps, trials)
    if (order.kind === 'done') return { answer: order.answer, steps }
    const trial = trialOf(target, order.value, rng)
    const last = steps.at(-1)
    steps =
      last?.value === order.value
        ? [...steps.slice(0, -1), { value: last.value, trials: [...last.trials, trial] }]
        : [...steps, { value: order.value, trials: [trial] }]
  }
  throw new Error('the search does not end')
}

function trialOf({ figure, deviation = 0, stalls = 0, idle }: TunedTarget, value: number, rng: Rng) {
  if (idle?.(value)) return { held: null, near: false }
  const noise = Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next())
  const stalled = rng.next() < stalls ? 10 : 1
  const actual = figure(value) * Math.exp(deviation * noise) * stalled
  return { held: actual < 1, near: isNear(latency, { actual, limit: 1 }, ended) }
}
