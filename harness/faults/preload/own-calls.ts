import { AsyncLocalStorage } from 'node:async_hooks'

const own = new AsyncLocalStorage<true>()

/** Makes calls that are ours and not the program's: what they open, and what is accepted there, is left alone. */
export function asOwn<Result>(call: () => Result): Result {
  return own.run(true, call)
}

/** Whether the call that is being made is ours. */
export function isOwn(): boolean {
  return own.getStore() === true
}
