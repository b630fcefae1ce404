import { exitCodes, type ExitName } from './exit-codes.ts'

/** One thing wrong with an input: where, what was found, what is allowed. */
export interface Problem {
  /** JSON pointer, flag or file that holds the fault. */
  readonly where: string
  readonly message: string
}

/** What a caller may say of a failure that keeps soakrig from going on. */
export interface FailureDetails {
  /** Stable, kebab-case; match on this, not on the message. */
  readonly code: string
  readonly exit: ExitName
  /** What to do about it, as one sentence. */
  readonly hint?: string
  readonly problems?: readonly Problem[]
  readonly cause?: unknown
}

/** A failure that keeps soakrig from going on. What the target does wrong is data, never one of these. */
export class SoakrigError extends Error {
  override readonly name = 'SoakrigError'
  readonly code: string
  readonly exit: ExitName
  readonly hint: string | undefined
  readonly problems: readonly Problem[]

  constructor(message: string, { code, exit, hint, problems = [], cause }: FailureDetails) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.exit = exit
    this.hint = hint
    this.problems = problems
  }

  get exitCode() {
    return exitCodes[this.exit]
  }
}

/** True for our own failures, also across copies of the package. */
export function isSoakrigError(error: unknown): error is SoakrigError {
  return error instanceof Error && error.name === 'SoakrigError' && 'exit' in error
}

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The `code` of a Node system error (`ECONNREFUSED`), or undefined. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
