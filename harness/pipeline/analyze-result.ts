import { withLaterKeys } from '../archive/earlier.ts'
import { type Result, resultSchemaId } from '../archive/result.ts'
import { validateResult } from '../archive/validate.ts'
import { type Answer, answerOf, exitReasons, limitReasons, type Reason, signalReason } from '../judge/answer.ts'
import { gateReasons } from '../judge/gate-answer.ts'
import { memoryReasons } from '../judge/memory/live.ts'
import { scenarioReasons } from '../judge/metastable/scenario.ts'
import { type Analyzer, inOrder, kindOf, orderedComparison, type ResultAnswer } from '../judge/trace/analyze.ts'
import { type ExitCode, exitCodes, type ExitName, worstExitCode } from '../kernel/exit-codes.ts'
import { findDoubtsAgain, holdEffectsAgain } from './analyze-doubts.ts'
import { decideGateAgain, differencesOf, type GateAgain } from './analyze-gate.ts'
import { holdLimitsAgain } from './analyze-limits.ts'

/** Judges archived results once more from their own figures. */
export const resultAnalyzers: Readonly<Record<string, Analyzer>> = {
  [resultSchemaId]: kindOf({
    problemsOf: (document) => validateResult(withLaterKeys(document)),
    decide: (document) => judgeAgain(withLaterKeys(document) as Result),
    exitOf,
  }),
}

/** What a command ends with is at least that a file cannot be trusted which says otherwise than its own figures. */
function exitOf({ exitCode, reproduced }: ResultAnswer): ExitName {
  const worst = worstExitCode([exitCode, ...(reproduced ? [] : [exitCodes.void])])
  return (Object.keys(exitCodes) as ExitName[]).find((name) => exitCodes[name] === worst) ?? 'pass'
}

/** Judges an archived result once more; a function of the file alone. */
function judgeAgain(result: Result): ResultAnswer {
  const gate = decideGateAgain(result)
  const limits = holdLimitsAgain(result)
  const effects = holdEffectsAgain(result)
  const doubts = findDoubtsAgain(result, gate)
  const scenario = scenarioAgain(result)
  const { answer, believed } = answerAgain({ ...result, ...scenario }, gate, limits.values, doubts.values)
  const { verdict, exitCode, reasons } = result.run
  const differences = [
    ...differencesOf({ verdict, exitCode, reasons }, answer, '/run'),
    ...(gate?.differences ?? []),
    ...[limits, effects, doubts].flatMap((again) => again.differences),
    ...differencesOf(result.scenario ?? null, scenario.scenario ?? null, '/scenario'),
  ]
  const comparisons = gate?.answer.comparisons ?? []
  return inOrder(
    {
      id: result.run.id,
      ...answer,
      reproduced: differences.length === 0,
      differences,
      comparisons: comparisons.map(orderedComparison),
      doubts: doubts.values,
      judged: {
        comparisons: comparisons.length,
        limits: limits.values.length,
        effects: effects.values.length,
        doubts: doubts.values.length - doubts.believed.length,
      },
      believed: [...limits.believed, ...(result.memory ? ['/memory/kinds'] : []), ...doubts.believed, ...believed],
    },
    'id',
    'verdict',
    'reproduced',
    'differences',
  )
}

/** What ended a run by its own rules; anything else is a failure of soakrig's own, of which the file has but the text. */
const ends = ['signal', 'target', 'watchdog', 'failure-budget', 'bounds', 'threshold']

function answerAgain(
  result: Result,
  gate: GateAgain | null,
  limits: Parameters<typeof limitReasons>[0],
  doubts: Parameters<typeof answerOf>[2],
): { readonly answer: Answer; readonly believed: readonly string[] } {
  const { run, target, scenario } = result
  const stopped = run.abortedBy
  // Files from before have it in the command line only.
  const strict = run.strict ?? run.argv.includes('--strict')
  const told = toldReasons(result)
  const reasons = [
    ...(stopped === 'signal' ? [signalReason] : []),
    ...exitReasons(target.exit),
    ...told,
    ...limitReasons(limits),
    ...(scenario && stopped === null
      ? scenarioReasons(scenario).map((text) => ({ code: exitCodes.broken, text }))
      : []),
    ...leakReasons(result),
    ...(gate ? gateReasons(gate.answer).map((text) => ({ code: exitCodes.regression, text })) : []),
  ]
  const answer = answerOf({ stopped, strict }, reasons, doubts)
  const failure = failureOf(result, answer)
  return {
    answer: failure === null ? answer : withFailure(answer, failure),
    believed: [...told, ...(failure ? [failure] : [])].map(({ text }) => text),
  }
}

/** Reasons of which the file has the fact, and no more of the words than these themselves. */
function toldReasons({ run, phases }: Result): readonly Reason[] {
  const thrown = phases.flatMap(({ arms }) => arms).reduce((sum, { errors: { script = 0 } }) => sum + script, 0)
  const wanted: readonly (readonly [boolean, RegExp, ExitCode])[] = [
    [run.abortedBy === 'watchdog', /^the run took /u, exitCodes.watchdog],
    [run.abortedBy === 'failure-budget', /^failure budget spent: /u, exitCodes.broken],
    [run.abortedBy === 'threshold', /^a threshold that says so /u, exitCodes.broken],
    [thrown > 0, new RegExp(` threw in ${thrown} (?:operations|iterations): `, 'u'), exitCodes.userScript],
  ]
  return wanted
    .filter(([is]) => is)
    .map(([, words, code]) => ({ code, text: run.reasons.find((reason) => words.test(reason)) ?? String(words) }))
}

/** By what the result says of each kind: what that was found from is in the windows file. */
function leakReasons({ memory }: Result): readonly Reason[] {
  const kinds = memory?.kinds ?? []
  return memoryReasons({
    kinds: kinds.map(({ kind, verdict, bound, slopePerMin: slope, slopePerRequest: perRequest }) => ({
      kind,
      verdict,
      bound,
      trend: slope === null ? null : { slope, perRequest },
    })),
  })
}

/** Why soakrig could not go on; null where it could. It comes before all other reasons. */
function failureOf({ run }: Result, { reasons }: Answer): Reason | null {
  const [first] = run.reasons
  if (run.abortedBy === null || first === undefined) return null
  const isFailure = !ends.includes(run.abortedBy) || run.reasons.length === reasons.length + 1
  return isFailure ? { code: run.exitCode as ExitCode, text: first } : null
}

function withFailure({ exitCode, reasons }: Answer, { code, text }: Reason): Answer {
  return { verdict: 'fail', exitCode: worstExitCode([exitCode, code]), reasons: [text, ...reasons] }
}

/** Holds the figures of a scenario once more against their bands. */
function scenarioAgain({ scenario }: Result): Pick<Result, 'scenario'> {
  if (!scenario) return {}
  const bands = scenario.bands.map((band) => {
    const { actual, lo, hi } = band
    return { ...band, ok: actual !== null && actual >= lo && actual <= hi }
  })
  return { scenario: { ...scenario, bands, ok: scenario.verdict === scenario.expected && bands.every(({ ok }) => ok) } }
}
