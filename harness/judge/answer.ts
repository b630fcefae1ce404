import { exitCodes, type ExitCode, worstExitCode } from '../kernel/exit-codes.ts'
import { isUnanswered } from '../measure/doubt-reach.ts'
import type { Doubt } from '../measure/doubts.ts'
import type { UnplannedExit } from '../measure/measurements.ts'
import { isBroken, type Limit } from './limits.ts'

/** One reason why a run is no pass, with the exit code that it asks for. */
export interface Reason {
  readonly code: ExitCode
  readonly text: string
}

/** The answer of a run in short. */
export interface Answer {
  readonly verdict: 'pass' | 'fail' | 'inconclusive' | 'void'
  readonly exitCode: ExitCode
  /** Why it is not a pass, most important first. */
  readonly reasons: readonly string[]
}

/** How a run ended, as far as that decides what a doubt does. */
interface RunEnd {
  /** What ended it early, if something did. */
  readonly stopped: string | null
  /** Makes an inconclusive run void. */
  readonly strict: boolean
}

/** The answer that reasons and doubts come to; an archived result has it from the same. */
export function answerOf(end: RunEnd, found: readonly Reason[], doubts: readonly Doubt[]): Answer {
  const reasons = [...found, ...doubtReasons(end, voiding(found, doubts))]
  const exitCode = worstExitCode(reasons.map(({ code }) => code))
  const order = Object.values(exitCodes)
  const sorted = reasons.toSorted((a, b) => order.indexOf(a.code) - order.indexOf(b.code))
  return { verdict: verdictOf(exitCode, doubts), exitCode, reasons: sorted.map(({ text }) => text) }
}

/** What is surely worse, or leaks, is not void because something else came to no answer. */
function voiding(found: readonly Reason[], doubts: readonly Doubt[]): readonly Doubt[] {
  const isWorse = found.some(({ code }) => code === exitCodes.regression || code === exitCodes.drift)
  return isWorse ? doubts.filter(({ kind }) => !isUnanswered(kind)) : doubts
}

function doubtReasons({ stopped, strict }: RunEnd, doubts: readonly Doubt[]): readonly Reason[] {
  // A run that was ended early has measured too little to hold its silence against it.
  const early = stopped !== null && stopped !== 'bounds'
  return doubts
    .filter(({ effect }) => (effect === 'void' && !early) || (effect === 'inconclusive' && strict))
    .map(({ kind, detail }) => ({ code: exitCodes.void, text: `${kind}: ${detail}` }))
}

function verdictOf(exitCode: ExitCode, doubts: readonly Doubt[]): Answer['verdict'] {
  if (exitCode === exitCodes.void) return 'void'
  if (exitCode === exitCodes.aborted) return 'inconclusive'
  if (exitCode !== exitCodes.pass) return 'fail'
  return doubts.some(({ effect }) => effect === 'inconclusive') ? 'inconclusive' : 'pass'
}

/** That a signal ended the run. */
export const signalReason: Reason = {
  code: exitCodes.aborted,
  text: 'ended by a signal; this is what was measured until then',
}

/** That the target, or another that has a name, ended by itself. */
export function exitReasons(exit: UnplannedExit | null): readonly Reason[] {
  if (exit === null) return []
  const { name, code, signal, tail } = exit
  const how = signal ? `by ${signal}` : `with exit code ${code ?? 'unknown'}`
  const named = name === undefined ? '' : `${name} `
  const last = tail.length > 0 ? `; its last line: ${tail.at(-1)}` : ''
  return [{ code: exitCodes.targetDied, text: `the target ${named}ended by itself ${how}${last}` }]
}

/** A limit as a result has it. */
type HeldLimit = Omit<Limit, 'kind'> & { readonly kind: string }

/** The limits that broke. */
export function limitReasons(limits: readonly HeldLimit[]): readonly Reason[] {
  return limits.filter(isBroken).map(({ kind, scope, expr, actual }) => ({
    code: exitCodes.broken,
    text: `${kind} of ${scope} broken: ${expr}, found ${actual}`,
  }))
}
