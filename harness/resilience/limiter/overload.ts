import type { Outcome } from '../outcome.ts'

/** Whether it says that the target has too much to do: 429, 503, or no answer in time. */
export function saysOverload({ error, status }: Outcome): boolean {
  return error === 'timeout' || (error === 'status' && (status === 429 || status === 503))
}

/** Whether the target took the work on, whatever came of it: it answered, and did not say that it has too much to do. */
export function tookOn(outcome: Outcome): boolean {
  switch (outcome.error) {
    case null:
      return outcome.standIn === null
    case 'status':
    case 'body':
    case 'check':
      return !saysOverload(outcome)
    default:
      return false
  }
}
