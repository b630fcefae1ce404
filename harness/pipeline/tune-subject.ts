import { type Strength, strengthsOf } from '../faults/strength.ts'
import { found } from '../kernel/json.ts'
import { didYouMean, quoted } from '../kernel/suggest.ts'
import type { Ceilings, Policy, Threshold } from '../profile/profile.ts'
import { parseExpression } from '../profile/threshold.ts'
import { relativesOf } from '../profile/threshold-limit.ts'
import { isResource } from '../profile/threshold-metrics.ts'

/** A policy whose strength is searched for. */
export interface TuneSubject {
  /** With the bounds that are to hold at each strength. */
  readonly policy: Policy
  readonly strength: Strength
  /** Whether those bounds are its own, or the ceiling of errors, since it has none that a slice can be held to. */
  readonly boundsOf: 'policy' | 'ceiling'
}

/** The subject that a policy is, by the strength of this name or its first one; or why it is none. */
export function subjectOf(
  policy: Policy,
  parameter: string | undefined,
  ceilings: Ceilings,
): TuneSubject | { readonly whyNone: string } {
  if (policy.rules.length === 0) return { whyNone: 'it has no fault' }
  const strengths = strengthsOf(policy.rules)
  const names = strengths.map(({ name }) => name)
  if (names.length === 0) return { whyNone: 'its fault has no strength: it acts, or it does not' }
  const strength = parameter === undefined ? strengths[0] : strengths.find(({ name }) => name === parameter)
  if (!strength)
    return {
      whyNone: `found the strength ${found(parameter)}, allowed: ${quoted(names)}${didYouMean(parameter ?? '', names)}`,
    }
  const own = policy.bounds.filter(isOfSlices)
  if (own.length > 0) return { policy: { ...policy, bounds: own }, strength, boundsOf: 'policy' }
  const ceiling = ceilingOf(ceilings)
  if (ceiling === null) return { whyNone: 'it has no bounds that a slice can be held to, and errors have no ceiling' }
  return { policy: { ...policy, bounds: [ceiling] }, strength, boundsOf: 'ceiling' }
}

/** What a slice has figures of: neither windows nor memory, and no archived result is looked for. */
function isOfSlices({ metric, windowNs, limit }: Threshold): boolean {
  return windowNs === null && !isResource(metric) && !relativesOf(limit).includes('reference')
}

function ceilingOf({ errorRate }: Ceilings): Threshold | null {
  if (errorRate === null) return null
  const parsed = parseExpression('errors', `rate<=${errorRate}`)
  return 'expression' in parsed ? { ...parsed.expression, windowNs: null, abortAfterNs: null } : null
}
