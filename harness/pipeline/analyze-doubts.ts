import type { Result, ResultArm, ResultDoubt, ResultPhase } from '../archive/result.ts'
import { canaryDoubts, countDoubts, effectDoubt } from '../judge/doubts.ts'
import { scenarioDoubts } from '../judge/metastable/scenario.ts'
import type { ResultDifference } from '../judge/trace/analyze.ts'
import { type Doubt, doubtEffects, type DoubtKind } from '../measure/doubts.ts'
import type { Effect } from '../measure/effect.ts'
import type { Again } from './analyze-limits.ts'
import type { WindowsAgain } from './analyze-windows.ts'
import { toleranceDoubts } from './tolerance-doubts.ts'

/** What a result is judged by once more, of an arm that is judged at all. */
interface NamedArm {
  readonly id: string
  readonly where: string
  readonly arm: ResultArm
}

/** The arms of a result with their ids, and where they are. */
function armsOf({ phases }: Result, wanted: (kind: ResultPhase['kind']) => boolean): readonly NamedArm[] {
  return phases.flatMap(({ id, kind, arms }, phase) =>
    wanted(kind)
      ? arms.map((arm, index) => ({
          // The arms of stress and of a search for the capacity are phases of their own.
          id: kind === 'stress' || kind === 'capacity' ? id : `${id}/${arm.arm}-${arm.path}`,
          where: `/phases/${phase}/arms/${index}`,
          arm,
        }))
      : [],
  )
}

function isJudged(kind: ResultPhase['kind']): boolean {
  return kind !== 'canary' && kind !== 'warmup' && kind !== 'capacity'
}

/** Holds every effect once more against its band. */
export function holdEffectsAgain(result: Result): Again<Effect> {
  const again = armsOf(result, isJudged).flatMap(({ where, arm }) =>
    arm.effects.map((effect, index) => ({ at: `${where}/effects/${index}/ok`, effect, ok: isShown(effect) })),
  )
  return {
    values: again.map(({ effect, ok }) => ({ ...effect, ok })),
    differences: again
      .filter(({ effect, ok }) => effect.ok !== ok)
      .map(({ at, effect, ok }) => ({ where: at, recorded: effect.ok, found: ok })),
    believed: [],
  }
}

/** In its band; and where that holds nothing at all, it is no effect that nothing fired. */
function isShown({ metric, lo, hi, observed }: Effect): boolean {
  if (observed === null || observed < lo || observed > hi) return false
  return observed > 0 || !metric.startsWith('fired.')
}

/** Doubts that follow from the figures of a result. */
const derivable: readonly string[] = [
  'fault-path-dead',
  'effect-missing',
  'effect-unclear',
  'counts-differ',
  'stats-unreadable',
  'scenario-unclear',
  'limit-unclear',
  'baseline-differs',
  'gate-unclear',
  'gate-blind',
  'gate-unclear-again',
  'gate-cannot-fail',
  'not-gated',
  'uncalibrated',
  'calibration-drifted',
  'calibration-unsound',
  'rounds-missing',
  'reference-unclear',
  'tolerance-unclear',
  'tolerance-void',
] satisfies readonly DoubtKind[]

/** The same that follow from the windows of a run. */
const ofWindows: readonly string[] = [
  'limit-unmeasured',
  'limit-unjudged',
  'samples-missing',
  'no-steady-state',
  'trend-unclear',
] satisfies readonly DoubtKind[]

/** Kinds that follow from the figures, of what the file does not hold: effects of steps, and what memory grows by. */
const ofSteps = /, steps of \S+: /u
const ofGrowth = /^what memory, files and threads may grow by /u

/**
 * The doubts of a result as far as its figures tell them, with what each does by its kind. Those that rest on what the file
 * does not hold are believed.
 */
export function findDoubtsAgain(result: Result, ofComparisons: readonly Doubt[], { read }: WindowsAgain): Again<Doubt> {
  const derived = [...derivedDoubts(result), ...ofComparisons, ...(read?.doubts ?? [])]
  const { doubts: recorded } = result
  const isDerivable = ({ kind, detail }: ResultDoubt): boolean => {
    if (read !== null && (ofWindows.includes(kind) || ofGrowth.test(detail))) return true
    return derivable.includes(kind) && ![ofSteps, ofGrowth].some((words) => words.test(detail))
  }
  const believed = recorded.filter((one) => !isDerivable(one))
  const missing = derived.filter((one) => !recorded.some((other) => isSame(one, other)))
  const values = recorded.flatMap((one) => {
    const again = isDerivable(one) ? derived.find((other) => isSame(one, other)) : { ...one, effect: effectOf(one) }
    return again ? [again as Doubt] : []
  })
  return {
    values: [...values, ...missing],
    differences: [
      ...[...recorded.entries()].flatMap(([index, one]) => doubtDifferences(index, one, derived, isDerivable(one))),
      ...missing.map((one, index) => ({ where: `/doubts/${recorded.length + index}`, recorded: null, found: one })),
    ],
    believed: [...new Set(believed.map(({ kind }) => kind))],
  }
}

function doubtDifferences(
  index: number,
  recorded: ResultDoubt,
  derived: readonly Doubt[],
  derivedOnly: boolean,
): readonly ResultDifference[] {
  const where = `/doubts/${index}`
  if (derivedOnly && !derived.some((one) => isSame(one, recorded))) return [{ where, recorded, found: null }]
  const effect = effectOf(recorded)
  return effect === recorded.effect ? [] : [{ where: `${where}/effect`, recorded: recorded.effect, found: effect }]
}

function isSame(one: Pick<ResultDoubt, 'kind' | 'detail'>, other: Pick<ResultDoubt, 'kind' | 'detail'>): boolean {
  return one.kind === other.kind && one.detail === other.detail
}

/** What a doubt does follows from its kind; of a kind that is unknown here, what the file says. */
function effectOf({ kind, effect }: ResultDoubt): ResultDoubt['effect'] {
  return Object.hasOwn(doubtEffects, kind) ? doubtEffects[kind as DoubtKind] : effect
}

function derivedDoubts(result: Result): readonly Doubt[] {
  const { run, scenario } = result
  const whole = run.abortedBy === null
  const canaries = armsOf(result, (kind) => kind === 'canary').map(({ arm }) => arm)
  // What is wrong with the yardstick is no doubt of the target.
  const judged = armsOf(result, isJudged).filter(({ arm }) => arm.arm !== 'yardstick')
  return [
    ...canaries.flatMap(({ fired, all, wire }) => canaryDoubts({ tallies: fired, all: { ...all, wire } })),
    ...judged.flatMap(({ id, arm }) => [
      ...arm.effects.filter((effect) => !isShown(effect)).map((effect) => effectDoubt(id, effect)),
      ...countDoubts(`${id}: the target`, arm.reconciliation),
      ...Object.entries(arm.others).flatMap(([name, { reconciliation }]) =>
        countDoubts(`${id}: the target ${name}`, reconciliation),
      ),
    ]),
    ...(whole && scenario ? scenarioDoubts(scenario) : []),
    ...toleranceDoubts(result.tolerance ?? []),
  ]
}
