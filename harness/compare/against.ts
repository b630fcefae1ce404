import type { ResultReferenceRun } from '../archive/reference.ts'
import type { Result } from '../archive/result.ts'
import type { GateCalibration } from '../judge/calibration/ruler.ts'
import type { ReferenceAnswer } from '../judge/reference/case.ts'
import { decideReference } from '../judge/reference/decide.ts'
import { spoilsRun } from '../measure/doubt-reach.ts'
import { absentOf, estimandsOf, leftOutOf } from './estimands.ts'

/** What a run is held against. */
export interface ReferenceRuns {
  readonly results: readonly Pick<ResultReferenceRun, 'estimands'>[]
  /** Further results that tell by how much nights differ; null where `results` do. */
  readonly history: readonly Pick<ResultReferenceRun, 'estimands'>[] | null
  readonly sameHost: boolean
}

/** What else is known where two results are compared. */
interface Terms {
  /** Why it decides nothing anyway. */
  readonly advisory?: string | null
  /** What is known of the noise, where that is not what the run itself was held to. */
  readonly calibration?: GateCalibration
}

/** Runs that are made for other answers than how a night differs from others. */
const notHeld: readonly string[] = ['ab', 'calibrate', 'capacity', 'load', 'tune']

/** Whether runs of such a kind are held against former ones. */
export function isHeld(kind: string): boolean {
  return !notHeld.includes(kind)
}

/** Why a run that is not is compared with nothing. */
export function notHeldText(kind: string): string {
  return `${kind} is not held to former runs`
}

/** Holds a run against former ones by nothing but what its result says. */
export function holdAgainst(
  result: Result,
  { results, history, sameHost }: ReferenceRuns,
  { advisory = null, calibration }: Terms = {},
): ReferenceAnswer {
  const estimands = (runs: ReferenceRuns['results']) => runs.map((one) => one.estimands)
  return decideReference({
    own: estimandsOf(result),
    absent: absentOf(result),
    leftOut: leftOutOf(result),
    references: estimands(results),
    history: history && estimands(history),
    calibration: calibration ?? result.gate?.calibration ?? { process: null, build: null },
    sameHost,
    advisory: advisory ?? whyNoRun(result) ?? whyAdvisory(result),
  })
}

/** Why a result is no whole run, of which something could be told; null where it is. */
export function whyNoRun({ run, doubts, simulated, sabotage }: Result): string | null {
  if (simulated || sabotage !== null) return 'the run is no real one'
  if (run.abortedBy !== null) return 'the run was ended early'
  // That it is void only because something else came to no answer says nothing of these figures.
  const spoilt = doubts.find((one) => one.effect === 'void' && spoilsRun(one))
  return spoilt ? `the run is void: ${spoilt.kind}` : null
}

/** Why what a run differs by from others decides nothing; null where it does. */
function whyAdvisory({ run, plan, gate }: Result): string | null {
  if (!isHeld(run.kind)) return notHeldText(run.kind)
  return plan.rounds === 1 && gate === undefined ? 'one round tells no difference from chance' : null
}
