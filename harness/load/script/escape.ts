import { pathToFileURL } from 'node:url'
import { isSoakrigError, messageOf, SoakrigError } from '../../kernel/errors.ts'
import { AttemptError, OperationOver } from '../../resilience/use/attempt-error.ts'

/** What a script's wait is told when the load has ended. */
export class Interrupted extends Error {
  override readonly name = 'AbortError'
}

/**
 * What is to be made of an error that nobody caught while modules of a user ran: nothing (null) where it only says to a
 * promise that nobody awaits that the load or an operation is over, `script-failed` (107) where the error comes from one
 * of them, as from a promise or a timer that it left to itself, or was told to a policy; any other is what it is.
 */
export function escaped(error: unknown, modules: readonly string[]): unknown {
  if (error instanceof Interrupted || error instanceof OperationOver) return null
  const stack = error instanceof Error && !isSoakrigError(error) ? (error.stack ?? '') : ''
  const [own] = modules.filter((file) => stack.includes(pathToFileURL(file).href))
  // The failure of an attempt was made here, whichever policy it was told to.
  const module = own ?? (error instanceof AttemptError ? modules.join(' or ') : null)
  if (module === null) return error
  return new SoakrigError(`the script ${module} failed outside of its iterations: ${messageOf(error)}`, {
    code: 'script-failed',
    exit: 'userScript',
    hint: 'Await every promise, and catch what a timer or an event handler throws.',
    cause: error,
  })
}
