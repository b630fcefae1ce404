import type { Result } from '../archive/result.ts'
import type { ResultStrengthStep, ResultTolerance } from '../archive/tune.ts'
import { isBroken } from '../judge/limits.ts'
import { tuneAnswerSoFar } from '../judge/tune/search.ts'
import { stepVerdict } from '../judge/tune/step.ts'
import { isRecord } from '../kernel/json.ts'
import { parseQuantity } from '../kernel/units.ts'
import { differencesOf } from './analyze-gate.ts'
import { type Again, rejudged } from './analyze-limits.ts'
import { brokenAt, toleranceRemarks } from './tolerance-doubts.ts'

/** Finds again what tolerances come to by the trials that the result has of them; what ended a search is believed. */
export function findTolerancesAgain({ tolerance = [], config: { profile } }: Result): Again<ResultTolerance> {
  const resolution = resolutionIn(profile['tune'])
  const values = tolerance.map((one) => toleranceAgain(one, resolution))
  return {
    values,
    differences: values.flatMap((found, index) => differencesOf(tolerance[index], found, `/tolerance/${index}`)),
    believed: tolerance.flatMap(({ limit }, index) => (limit === null ? [] : [`/tolerance/${index}/limit`])),
  }
}

function toleranceAgain(recorded: ResultTolerance, resolution: number): ResultTolerance {
  const steps = recorded.steps.map(stepAgain)
  const answer = answerAgain({ ...recorded, steps }, resolution)
  const found = { ...recorded, ...answer, boundsBroken: brokenAt(steps, answer.breaks), steps }
  return { ...found, doubts: toleranceRemarks(found) }
}

function answerAgain(
  { from, harder, steps }: Pick<ResultTolerance, 'from' | 'harder' | 'steps'>,
  resolution: number,
): Pick<ResultTolerance, 'kind' | 'holds' | 'breaks' | 'monotonic' | 'precise'> {
  // How far it could have gone counts for what it tries next only.
  const ends = { from, least: from, most: from, mostSteps: 0, mostNs: 0, fromBreaks: false }
  const { kind, holds, breaks, monotonic, precise } = tuneAnswerSoFar({ ...ends, harder, resolution }, steps)
  return { kind, holds, breaks, monotonic, precise }
}

/** Whether a trial says something is believed. */
function stepAgain({ value, trials: recorded }: ResultStrengthStep): ResultStrengthStep {
  const trials = recorded.map((trial) => {
    const bounds = trial.bounds.map(rejudged)
    return { ...trial, held: trial.whyVoid === null ? !bounds.some(isBroken) : null, bounds }
  })
  const held = trials.filter((trial) => trial.held === true).length
  return { value, verdict: stepVerdict(trials), held, of: trials.length, trials }
}

function resolutionIn(settings: unknown): number {
  const share = isRecord(settings) ? settings['resolution'] : undefined
  const parsed = typeof share === 'string' ? parseQuantity('share', share) : null
  return parsed !== null && 'value' in parsed ? parsed.value : Number.NaN
}
