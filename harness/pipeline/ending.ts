import type { Case, Verdict } from '../judge/judge.ts'
import { isAbort } from '../kernel/abort.ts'
import { isSoakrigError, messageOf } from '../kernel/errors.ts'
import { type ExitCode, exitCodes, worstExitCode } from '../kernel/exit-codes.ts'
import type { Session } from '../run/session.ts'
import { inOneLine } from './one-line.ts'

/** What a run has come to when it ends, however it ends. */
export interface Ending {
  readonly failure: unknown
  readonly brokeBounds: boolean
}

/** What ended a run early; null where it came to its end. */
export function stoppedBy({ stopped }: Pick<Session, 'stopped'>, { failure, brokeBounds }: Ending): Case['stopped'] {
  if (stopped) return stopped
  if (failure !== null) return 'error'
  return brokeBounds ? 'bounds' : null
}

/** A failure of soakrig itself, or of the start of the target, decides like any other reason. */
export function withFailure(verdict: Verdict, failure: unknown, signal: AbortSignal): Verdict {
  if (failure === null || isAbort(failure, signal)) return verdict
  return {
    ...verdict,
    exitCode: worstExitCode([verdict.exitCode, codeOf(failure)]),
    verdict: 'fail',
    reasons: [inOneLine(messageOf(failure)), ...verdict.reasons],
  }
}

/** The exit code of a failure; of one that nobody foresaw, that of a bug. */
export function codeOf(failure: unknown): ExitCode {
  return isSoakrigError(failure) ? failure.exitCode : exitCodes.bug
}

/** What a result says ended it: the code of a failure where that did. */
export function abortedBy(stopped: Case['stopped'], failure: unknown): string | null {
  if (stopped !== 'error') return stopped
  return isSoakrigError(failure) ? failure.code : 'bug'
}
