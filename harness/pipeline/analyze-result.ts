import { withLaterKeys } from '../archive/earlier.ts'
import { type Result, resultSchemaId } from '../archive/result.ts'
import { validateResult } from '../archive/validate.ts'
import { type Answer, answerOf, exitReasons, limitReasons, type Reason, signalReason } from '../judge/answer.ts'
import { unclearDoubts } from '../judge/ceilings.ts'
import { gateReasons } from '../judge/gate-answer.ts'
import { memoryReasons } from '../judge/memory/live.ts'
import { scenarioReasons } from '../judge/metastable/scenario.ts'
import { type Analyzer, inOrder, kindOf, orderedComparison, type ResultAnswer } from '../judge/trace/analyze.ts'
import { type ExitCode, exitCodes, type ExitName, worstExitCode } from '../kernel/exit-codes.ts'
import { isRecord } from '../kernel/json.ts'
import { findDoubtsAgain, holdEffectsAgain } from './analyze-doubts.ts'
import { decideGateAgain, differencesOf, type GateAgain } from './analyze-gate.ts'
import { type Again, holdLimitsAgain } from './analyze-limits.ts'
import { holdReferenceAgain } from './analyze-reference.ts'
import { findTolerancesAgain } from './analyze-tolerance.ts'
import { type WindowsAgain, windowsDoubt, withoutFile } from './analyze-windows.ts'

/** Judges archived results once more from their own figures, and from their windows as far as these could be read. */
export function resultAnalyzers(windows: WindowsAgain = withoutFile): Readonly<Record<string, Analyzer>> {
  return {
    [resultSchemaId]: kindOf({
      problemsOf: (document) => validateResult(withLaterKeys(document)),
      decide: (document) => judgeAgain(withLaterKeys(document) as Result, windows),
      exitOf,
    }),
  }
}

/** A document as a result; null where it is none. */
export function resultIn(document: unknown): Result | null {
  if (!isRecord(document) || document['schema'] !== resultSchemaId) return null
  const later = withLaterKeys(document)
  return validateResult(later).length === 0 ? (later as Result) : null
}

/** What a command ends with is at least that a file cannot be trusted which says otherwise than its own figures. */
function exitOf({ exitCode, reproduced }: ResultAnswer): ExitName {
  const worst = worstExitCode([exitCode, ...(reproduced ? [] : [exitCodes.void])])
  return (Object.keys(exitCodes) as ExitName[]).find((name) => exitCodes[name] === worst) ?? 'pass'
}

/** Judges an archived result once more; a function of its file, and of that of its windows. */
function judgeAgain(result: Result, windows: WindowsAgain): ResultAnswer {
  const gate = decideGateAgain(result)
  const limits = holdLimitsAgain(result, windows)
  const ofWindows = windowPartsAgain(result, windows)
  const effects = holdEffectsAgain(result)
  const reference = holdReferenceAgain(result)
  const tolerances = findTolerancesAgain(result)
  const judged = { ...result, tolerance: tolerances.values }
  const unclear = unclearDoubts(limits.values.filter(({ kind }) => kind === 'ceiling'))
  const doubts = findDoubtsAgain(judged, [...unclear, ...(gate?.doubts ?? []), ...reference.doubts], windows)
  const scenario = scenarioAgain(result)
  const { answer, believed } = answerAgain(
    { ...result, ...scenario, ...windows.read?.parts },
    gateAndReference(gate, reference.reasons),
    limits.values,
    doubts.values,
  )
  const { verdict, exitCode, reasons } = result.run
  const differences = [
    ...differencesOf({ verdict, exitCode, reasons }, answer, '/run'),
    ...(gate?.differences ?? []),
    ...reference.differences,
    ...[limits, ofWindows, effects, tolerances, doubts].flatMap((again) => again.differences),
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
      doubts: [...doubts.values, ...windowsDoubt(windows, restsOnWindows(result))],
      judged: {
        comparisons: comparisons.length,
        references: reference.comparisons.length,
        limits: limits.values.length,
        effects: effects.values.length,
        doubts: doubts.values.length - doubts.believed.length,
      },
      believed: [limits, ofWindows, tolerances, doubts].flatMap((again) => again.believed).concat(believed),
    },
    'id',
    'verdict',
    'reproduced',
    'differences',
  )
}

/** Whether something of a result was found from its windows. */
function restsOnWindows({ windows, windowGroups = [], memory, metrics }: Result): boolean {
  return windows !== null || windowGroups.length > 0 || memory !== undefined || metrics.rssDeltaKb !== null
}

/** The parts of a result that follow from its windows, and the file itself. */
function windowPartsAgain(result: Result, windows: WindowsAgain): Again<never> {
  const { memory = null, windowGroups = null, metrics } = result
  const { read } = windows
  if (read === null) {
    const told = windows.altered && result.windows ? result.windows.sha256 : null
    return {
      values: [],
      differences: told === null ? [] : [{ where: '/windows/sha256', recorded: told, found: null }],
      believed: [...(memory ? ['/memory/kinds'] : []), ...(windowGroups ? ['/windowGroups'] : [])],
    }
  }
  const { rssDeltaKb, rssSlopeKbPerMin, fdDelta } = metrics
  return {
    values: [],
    differences: [
      ...differencesOf(memory, read.parts.memory ?? null, '/memory'),
      ...differencesOf(windowGroups, read.parts.windowGroups ?? null, '/windowGroups'),
      ...differencesOf({ rssDeltaKb, rssSlopeKbPerMin, fdDelta }, read.growth, '/metrics'),
    ],
    believed: [],
  }
}

/** Why a run is worse than something else: beside it first, then before it. */
function gateAndReference(gate: GateAgain | null, reference: readonly string[]): readonly string[] {
  return [...(gate ? gateReasons(gate.answer) : []), ...reference]
}

/** What ended a run by its own rules; anything else is a failure of soakrig's own, of which the file has but the text. */
const ends = ['signal', 'target', 'watchdog', 'failure-budget', 'bounds', 'threshold']

function answerAgain(
  result: Result,
  worse: readonly string[],
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
    ...worse.map((text) => ({ code: exitCodes.regression, text })),
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

/** By what was found of each kind, or else what the result says of it. */
function leakReasons({ memory }: Result): readonly Reason[] {
  const kinds = memory?.kinds ?? []
  return memoryReasons({
    heap: memory?.heap ?? null,
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
