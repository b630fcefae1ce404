import type { Result } from '../archive/result.ts'
import { resultText } from '../archive/text.ts'
import type { Comparison } from '../compare/comparison.ts'
import type { History } from '../compare/history.ts'
import type { CalibrationState } from '../judge/calibration/state.ts'
import type { Analyzed, Unanalyzed } from '../judge/trace/analyze.ts'
import { isSoakrigError, type Problem } from '../kernel/errors.ts'
import { exitCodes } from '../kernel/exit-codes.ts'
import type { Check } from '../measure/check.ts'
import type { PlanSummary } from '../measure/plan-summary.ts'
import { answerLine, renderAnalysis } from './analysis-text.ts'
import { renderCalibration } from './calibration-text.ts'
import { colorsOf } from './colors.ts'
import { renderComparison, renderComparisonMarkdown } from './comparison-text.ts'
import { renderError, renderProblems } from './failure-text.ts'
import { renderHistory } from './history-text.ts'
import { createLiveView, type LiveOptions, type LiveView } from './live.ts'
import { colorsWanted, print, printed, printError, progressStream, terminalWidth } from './output.ts'
import { renderPlan } from './plan-text.ts'
import { renderMarkdown } from './result-markdown.ts'
import { renderResult } from './result-text.ts'
import { type ListedLine, renderResults } from './results-text.ts'

/** How a command was asked to answer: one JSON document, Markdown, or text for people. */
export interface Form {
  readonly json: boolean
  readonly markdown?: boolean
}

/** Of one document; a schema may find as many as it has values. */
const mostProblems = 10

function printJson(document: unknown): void {
  print(JSON.stringify(document, null, 2))
}

function textOptions() {
  return { color: colorsWanted(), width: terminalWidth() }
}

/** Prints a result. */
export function printResult(result: Result, { json, markdown = false }: Form): void {
  // The same bytes as in its file, where this version wrote it.
  if (json) print(resultText(result).trimEnd())
  else if (markdown) print(renderMarkdown(result).trimEnd())
  else print(renderResult(result, textOptions()))
}

export function printComparison(comparison: Comparison, { json, markdown = false }: Form): void {
  if (json) printJson(comparison)
  else print(markdown ? renderComparisonMarkdown(comparison).trimEnd() : renderComparison(comparison, textOptions()))
}

/** Prints a list of result files. */
export function printResults(lines: readonly ListedLine[], { json }: Form): void {
  if (json) printJson(lines)
  else print(renderResults(lines, textOptions()))
}

/** Prints the changes of figures over many results. */
export function printHistory(history: History, { json }: Form): void {
  if (json) printJson(history)
  else print(renderHistory(history, textOptions()))
}

/** Prints what is known of the noise of a machine; with `json` also the runs that were made for it. */
export function printCalibration(
  calibration: CalibrationState,
  made: readonly { readonly id: string; readonly verdict: Result['run']['verdict']; readonly counts: boolean }[],
  { json }: Form,
): void {
  if (json) printJson({ made, ...calibration })
  else print(renderCalibration(calibration, textOptions()))
}

/**
 * Prints what a document came to, which is one line or text for people, and waits until that has left; why one could not be
 * analysed is also said on stderr. False when nobody reads any more.
 */
export function printAnalysis(
  { line, outcome }: { readonly line: number; readonly outcome: Analyzed | Unanalyzed },
  { text }: { readonly text: boolean },
): Promise<boolean> {
  if ('problems' in outcome)
    printError(`line ${line} could not be analysed:\n${renderProblems(outcome.problems.slice(0, mostProblems))}`)
  return printed(text ? renderAnalysis(line, outcome, textOptions()) : answerLine(line, outcome))
}

export function printPlan(plan: PlanSummary, { json }: Form): void {
  if (json) printJson(plan)
  else print(renderPlan(plan))
}

/** Prints that a profile is valid, what to look at all the same, and what it would do. */
export function printValidation(source: string, warnings: readonly Problem[], plan: PlanSummary, { json }: Form): void {
  if (json) printJson({ valid: true, source, warnings, plan })
  else
    print(
      [`${source} is valid`, ...(warnings.length > 0 ? [renderProblems(warnings)] : []), renderPlan(plan)].join('\n'),
    )
}

/** Prints what a doctor found. */
export function printChecks(checks: readonly Check[], { json }: Form): void {
  const { green, red } = colorsOf(colorsWanted())
  if (json) printJson({ ok: checks.every(({ ok }) => ok), checks })
  else print(checks.map(({ name, ok, detail }) => `${ok ? green('ok') : red('no')}  ${name}: ${detail}`).join('\n'))
}

/** Prints why soakrig cannot go on: text on stderr, with `json` also a document on stdout. */
export function printFailure(error: unknown, { json }: Form): void {
  printError(renderError(error, { color: colorsWanted('stderr') }))
  if (!json) return
  const known = isSoakrigError(error)
  const { code, message, hint, problems } = known
    ? error
    : { code: 'bug', message: String(error), hint: undefined, problems: [] }
  printJson({
    error: { code, message, hint: hint ?? null, problems, exitCode: known ? error.exitCode : exitCodes.bug },
  })
}

/** A line on stdout: the answer of a command. */
export const printLine: (text: string) => void = print

/** A line on stderr: something to know meanwhile. */
export const printNote: (text: string) => void = printError

/** Shows a run on stderr while it lasts. */
export function showProgress(
  { quiet }: { readonly quiet: boolean },
  expected: Required<Pick<LiveOptions, 'expectedMs' | 'atMost'>>,
): Promise<LiveView> {
  return createLiveView({ stream: progressStream(), enabled: !quiet, color: colorsWanted('stderr'), ...expected })
}
