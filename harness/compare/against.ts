import type { ResultReferenceRun } from '../archive/reference.ts'
import type { Result } from '../archive/result.ts'
import { decideReference, type ReferenceAnswer } from '../judge/reference/decide.ts'
import { estimandsOf } from './estimands.ts'

/** What a run is held against. */
export interface ReferenceRuns {
  readonly results: readonly Pick<ResultReferenceRun, 'estimands'>[]
  readonly sameHost: boolean
}

/** Runs that are made for other answers than how a night differs from others. */
const notHeld: readonly string[] = ['ab', 'calibrate', 'capacity', 'load', 'tune']

/** Holds a run against former ones by nothing but what its result says; `advisory` is why that decides nothing anyway. */
export function holdAgainst(
  result: Result,
  { results, sameHost }: ReferenceRuns,
  advisory: string | null = null,
): ReferenceAnswer {
  return decideReference({
    own: estimandsOf(result),
    references: results.map(({ estimands }) => estimands),
    calibration: result.gate?.calibration ?? { process: null, build: null },
    sameHost,
    advisory: advisory ?? whyAdvisory(result),
  })
}

/** Why what a run differs by from others decides nothing; null where it does. */
function whyAdvisory({ run, plan, gate, doubts, simulated, sabotage }: Result): string | null {
  if (simulated || sabotage !== null) return 'the run is no real one'
  if (run.abortedBy !== null) return 'the run was ended early'
  if (notHeld.includes(run.kind)) return `${run.kind} is not held to former runs`
  const spoilt = doubts.find(({ effect }) => effect === 'void')
  if (spoilt) return `the run is void: ${spoilt.kind}`
  return plan.rounds === 1 && gate === undefined ? 'one round tells no difference from chance' : null
}
