import { nextTurn } from '../kernel/clock.ts'

/** Calls back in the next turn of the event loop. */
export type Postpone = (callback: () => void) => void

/**
 * Makes one for attempts that need no answer: lanes that began again as soon as the kernel had taken something would not
 * let the loop go round. All that is postponed in one turn shares one wait for the next.
 */
export function postponer(): Postpone {
  let waiting: (() => void)[] = []
  const run = (): void => {
    const due = waiting
    waiting = []
    for (const callback of due) callback()
  }
  return (callback) => {
    if (waiting.push(callback) === 1) void nextTurn().then(run)
  }
}
