import { pathToFileURL } from 'node:url'
import { isSoakrigError, messageOf, SoakrigError } from '../../kernel/errors.ts'

/** What a script's wait is told when the load has ended. */
export class Interrupted extends Error {
  override readonly name = 'AbortError'
}

/**
 * What is to be made of an error that nobody caught while a script ran: nothing (null) where a wait that the script
 * does not await was told of the end of the load, `script-failed` (107) where the error comes from the script, as from
 * a promise or a timer that it left to itself; any other is what it is.
 */
export function escaped(error: unknown, script: string | null): unknown {
  if (error instanceof Interrupted) return null
  const isOwn = script !== null && error instanceof Error && error.stack?.includes(pathToFileURL(script).href)
  if (!isOwn || isSoakrigError(error)) return error
  return new SoakrigError(`the script ${script} failed outside of its iterations: ${messageOf(error)}`, {
    code: 'script-failed',
    exit: 'userScript',
    hint: 'Await every promise, and catch what a timer or an event handler throws.',
    cause: error,
  })
}
