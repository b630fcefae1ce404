import { whyUnfit } from '../archive/fit.ts'
import type { ReferenceAnswer } from '../judge/reference/case.ts'
import type { Result } from '../archive/result.ts'
import { referenceReasons } from '../judge/reference/reasons.ts'
import { SoakrigError } from '../kernel/errors.ts'
import { type ExitCode, exitCodes, worstExitCode } from '../kernel/exit-codes.ts'
import { holdAgainst, whyNoRun } from './against.ts'
import { armsOf, type PlacedArm } from './arms.ts'
import { commonRuler } from './common-ruler.ts'
import type { Both, ComparedResult, ComparedRun, Comparison } from './comparison.ts'
import { estimandsOf } from './estimands.ts'
import { refuseDifferent } from './refuse.ts'
import { armRows, fragilityRows, runRows } from './rows.ts'

/**
 * Sets two results side by side. What differs is held to what nights differ by, as five other results of `history` or more
 * say, which must not be the new one, or else to what two runs of one build differ by, as the calibrations of both say; without them nothing is decided.
 * Throws `different-profiles` or `nothing-in-common` (112).
 */
export function compareResults(
  base: ComparedResult,
  next: ComparedResult,
  history: readonly ComparedResult[] = [],
): Comparison {
  refuseDifferent(base.result, next.result)
  const results = { base, next }
  const sameHost = base.result.env.hostFingerprint === next.result.env.hostFingerprint
  const all = { base: armsOf(base.result), next: armsOf(next.result) }
  const shared = sharedArms(all)
  if (shared.length === 0)
    throw new SoakrigError('the two results have no arm in common, so there is nothing to compare', {
      code: 'nothing-in-common',
      exit: 'nothingToCompare',
      hint: 'Compare runs of the same stages: a baseline with a baseline, a soak with a soak.',
    })
  return {
    schema: 'soakrig/comparison@0',
    profile: base.result.run.profile,
    mode: base.result.run.mode,
    base: runOf(base),
    next: runOf(next),
    sameHost,
    ...decided(results, history, sameHost, all),
    exact: next.result.comparisons.filter(({ gated, against }) => gated !== undefined && isFormerBuild(against)),
    rows: [...runRows(results, sameHost), ...shared.flatMap((arms) => armRows(results, arms, sameHost))],
    fragility: shared.flatMap((arms) => fragilityRows(results, arms, all)),
    notes: notesOf(results, sameHost),
  }
}

type Decided = Pick<Comparison, 'verdict' | 'why' | 'exitCode' | 'history' | 'compared' | 'notCompared'>

function decided(
  { base, next }: Both<ComparedResult>,
  history: readonly ComparedResult[],
  sameHost: boolean,
  all: Both<ReadonlyMap<string, PlacedArm>>,
): Decided {
  const unfit = whyUnfit(base.result)
  const advisory = unfit === null ? null : `the base is nothing to compare with: ${unfit}`
  const figures = ({ result }: ComparedResult) => ({ estimands: estimandsOf(result) })
  const runs = { results: [figures(base)], history: history.map(figures), sameHost }
  const { calibration } = commonRuler({ base: base.result, next: next.result })
  const answer = holdAgainst(next.result, runs, { advisory, calibration })
  const [failure, ...others] = referenceReasons(answer)
  const more = others.length > 0 ? ` (and ${others.length} more)` : ''
  const same = base.sha256 === next.sha256
  return {
    verdict: same ? 'same' : answer.verdict,
    why: same ? 'both are the same file' : failure === undefined ? whyOf(answer) : failure + more,
    exitCode: same ? exitCodes.pass : exitOf(answer, unfit, next.result),
    history: history.map(({ result, file, sha256 }) => ({ id: result.run.id, file: file ?? null, sha256 })),
    compared: answer.comparisons,
    notCompared: [...notCompared(all), ...sharedArms(all).flatMap(latencyOfOne), ...answer.notCompared],
  }
}

/** What has no answer must not look like a pass to whoever reads the exit code alone. */
function exitOf({ verdict }: ReferenceAnswer, unfit: string | null, next: Result): ExitCode {
  return worstExitCode([
    ...(verdict === 'fail' ? [exitCodes.regression] : []),
    ...(unfit === null ? [] : [exitCodes.nothingToCompare]),
    ...(whyNoRun(next) === null ? [] : [exitCodes.void]),
  ])
}

function whyOf({ verdict, why, comparisons, notCompared: others }: ReferenceAnswer): string {
  if (verdict === 'undecided') return why ?? 'nothing could fail'
  const open = why === null ? '' : `; ${why}`
  const gated = comparisons.filter((one) => one.gated)
  if (verdict === 'pass') return `none of ${gated.length} figures is worse by what matters${open}`
  const unclear = gated.filter((one) => one.verdict === 'inconclusive').length
  const lost = others.filter((one) => one.gated === true)
  const texts = [
    ...(unclear === 0 ? [] : [`${unclear} of ${gated.length} figures cannot be told from chance`]),
    ...lost.map((one) => `${one.what} is not compared: ${one.why}`),
  ]
  return texts.join('; ') + open
}

function isFormerBuild(against: string): boolean {
  return against.endsWith('/base-direct')
}

function runOf({ result, sha256, file }: ComparedResult): ComparedRun {
  const { run, env } = result
  return {
    id: run.id,
    file: file ?? null,
    sha256,
    startedAt: run.startedAt,
    verdict: run.verdict,
    gitSha: env.gitSha,
    hostFingerprint: env.hostFingerprint,
  }
}

function sharedArms({ base, next }: Both<ReadonlyMap<string, PlacedArm>>): Both<PlacedArm>[] {
  return [...base.values()].flatMap((arm) => {
    const other = next.get(arm.id)
    return other ? [{ base: arm, next: other }] : []
  })
}

function notCompared({ base, next }: Both<ReadonlyMap<string, PlacedArm>>): Comparison['notCompared'] {
  const only = (a: ReadonlyMap<string, PlacedArm>, b: ReadonlyMap<string, PlacedArm>, why: string) =>
    [...a.keys()].filter((id) => !b.has(id)).map((what) => ({ what, why }))
  return [...only(base, next, 'only in the base'), ...only(next, base, 'only in the new run')]
}

/** Latency from the intended start that one of the results has not; service time is compared instead. */
function latencyOfOne({ base, next }: Both<PlacedArm>): Comparison['notCompared'] {
  const [inBase, inNext] = [base, next].map(({ arm }) => arm.correctedLatencyMs !== null)
  if (inBase === inNext) return []
  return [{ what: `${base.id} corrected latency`, why: inBase ? 'only in the base' : 'only in the new run' }]
}

function notesOf({ base, next }: Both<ComparedResult>, sameHost: boolean): string[] {
  const { note } = commonRuler({ base: base.result, next: next.result })
  const [first, second] = [base, next].map(({ result }) => result.gate?.yardstick?.name ?? null)
  return [
    ...(note === null ? [] : [note]),
    ...(first === second
      ? []
      : [
          `measured beside different yardsticks (${first ?? 'none'}, ${second ?? 'none'}): their speed is not compared`,
        ]),
    ...runNotes('the base', base),
    ...runNotes('the new run', next),
    ...(sameHost ? [] : ['measured on different hosts: only ratios within a run are compared']),
  ]
}

function runNotes(name: string, { result: { run, sabotage } }: ComparedResult): string[] {
  return [
    ...(run.status === 'aborted' ? [`${name} was ended early by ${run.abortedBy ?? 'something unknown'}`] : []),
    ...(run.verdict === 'pass'
      ? []
      : [`${name} is no pass but ${run.verdict}: ${run.reasons[0] ?? 'no reason given'}`]),
    ...(sabotage === null ? [] : [`${name} was sabotaged: ${sabotage}`]),
  ]
}
