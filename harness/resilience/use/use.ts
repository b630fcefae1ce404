import { messageOf, SoakrigError } from '../../kernel/errors.ts'
import { effectOf } from '../../measure/effect.ts'
import type { ClientContext, PolicyMember } from '../policy.ts'
import { type CircuitState, watchBreaker } from './breaker-events.ts'
import { UseFork } from './fork.ts'

/** Where the policy is. */
export interface UseSettings {
  /** The absolute path of its module. */
  readonly file: string
}

/** Of what a policy asks for at once, so much has connections of its own; what goes beyond may wait for one. */
const attemptsWithSockets = 4

/** So many different errors of a policy are told in words. */
const toldErrors = 20

/**
 * A policy of one's own, such as the one that one ships: a module that exports a cockatiel policy, an opossum breaker or
 * any `(operation, signal) => Promise`, as its default or as `policy`, or that makes one with `createPolicy`. Whatever it
 * does is seen from outside: the attempts that it asks for, how it ends the operation, and when a breaker of the two
 * libraries changes its state. What happens within it is not seen, such as a refusal that its own retry then mends.
 */
export const use: PolicyMember<UseSettings> = {
  keyword: 'use',
  schema: {
    type: 'string',
    minLength: 1,
    description:
      'A module that exports a policy of your own: a cockatiel policy, an opossum breaker, or (operation, signal) => Promise',
  },

  parse: (raw) => ({ file: raw as string }),
  atOnce: () => attemptsWithSockets,

  open({ file }, context) {
    const policy = context.userPolicies.get(file)
    if (!policy)
      throw new SoakrigError(`the policy ${file} was not loaded`, {
        code: 'policy-not-usable',
        exit: 'userScript',
        hint: 'A policy of your own belongs into a profile; a program calls it by itself.',
      })
    const counters = {
      userCalls: 0,
      retries: 0,
      hedges: 0,
      recovered: 0,
      exhausted: 0,
      leftRunning: 0,
      circuitOpened: 0,
      circuitHalfOpened: 0,
      circuitClosed: 0,
      circuitRejected: 0,
      bulkheadRejected: 0,
      timeouts: 0,
      userFailed: 0,
    }
    watchBreaker(policy.subject, (state) => noteState(state, counters, context))
    const shared = { policy, counters, failed: errorTeller(context) }
    return { kind: 'fork', counters, fork: (fork) => new UseFork(shared, fork) }
  },

  /** Each attempt was asked for by the policy, and one that never asks is none of a client. */
  expect(_settings, { facts, others }) {
    if (others.some((keyword) => keyword !== 'timeout')) return []
    const { userCalls = 0 } = facts.policyCounters
    return [effectOf('attemptsPerCall', 'ratio', [1, 1], userCalls === 0 ? null : facts.allAttempts / userCalls)]
  },
}

function noteState(
  state: CircuitState,
  counters: { circuitOpened: number; circuitHalfOpened: number; circuitClosed: number },
  { log, wheel }: ClientContext,
): void {
  if (state === 'open') counters.circuitOpened++
  else if (state === 'closed') counters.circuitClosed++
  else counters.circuitHalfOpened++
  log.note({ atNs: wheel.nowNs(), policy: 'use', name: null, event: state, from: null, reason: null })
}

/** Notes each error once, by its text. */
function errorTeller({ log }: ClientContext): (error: unknown, nowNs: number) => void {
  const told = new Set<string>()
  return (error, atNs) => {
    const reason = messageOf(error)
    if (told.has(reason) || told.size >= toldErrors) return
    told.add(reason)
    log.note({ atNs, policy: 'use', name: null, event: 'failed', from: null, reason })
  }
}
