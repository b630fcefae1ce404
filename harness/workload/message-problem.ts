import { protocols } from './protocols/protocols.ts'
import type { AnyMember } from './requests.ts'
import type { Workload } from './workload.ts'

/**
 * What keeps a message whose holes have been filled from being sent, such as a delimiter in it; null for nothing. Made
 * for the second argument of `compileTemplate`.
 */
export function messageProblemOf({ protocol, connection }: Workload): (message: unknown) => string | null {
  const member = protocols[protocol] as unknown as AnyMember
  return (message) => member.messageProblem?.(message, connection) ?? null
}
