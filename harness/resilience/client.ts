import { type JsonSchema, objectSchema } from '../kernel/json-schema.ts'
import type { Rng } from '../kernel/rng.ts'
import type { Effect } from '../measure/effect.ts'
import type { PolicyContext, PolicyCounters, PolicyMember, PolicyStage } from './policy.ts'
import { retry } from './retry/retry.ts'
import { timeout } from './timeout.ts'

/** The client policies, by keyword. */
const members: Readonly<Record<string, PolicyMember<unknown>>> = {
  retry: retry as PolicyMember<unknown>,
  timeout: timeout as PolicyMember<unknown>,
}

/** One policy of a client: plain data, sent to the load workers as it is. */
export interface ClientStage {
  readonly keyword: string
  readonly settings: unknown
}

/** The policies of a client, outermost first; none for the plain path. */
export type ClientPolicies = readonly ClientStage[]

/** The `client` of a policy. */
export const clientSchema: JsonSchema = {
  ...objectSchema(Object.fromEntries(Object.values(members).map(({ keyword, schema }) => [keyword, schema])), {
    description: 'What the client does about faults.',
  }),
  minProperties: 1,
}

interface RawClient {
  readonly retry?: unknown
  readonly timeout?: { readonly operation?: string; readonly attempt?: string }
}

/** Reads a `client` object that the schema let pass. Order: the operation's timeout, retry, the attempt's timeout. */
export function parseClient(raw: RawClient): ClientPolicies {
  const stage = (keyword: string, settings: unknown): ClientStage[] =>
    settings === undefined ? [] : [{ keyword, settings: memberOf(keyword).parse(settings) }]
  return [
    ...stage('timeout', raw.timeout?.operation),
    ...stage('retry', raw.retry),
    ...stage('timeout', raw.timeout?.attempt),
  ]
}

/** The state machines of one operation at a time, outermost first. */
export function openStages(policies: ClientPolicies, rng: Rng, counters: PolicyCounters): PolicyStage[] {
  return policies.map(({ keyword, settings }, index) => memberOf(keyword).stage(settings, rng.fork(index), counters))
}

/** What must be seen if the client's policies did what they should under a fault. */
export function clientEffects(policies: ClientPolicies, context: PolicyContext): readonly Effect[] {
  return policies.flatMap(({ keyword, settings }) => memberOf(keyword).expect(settings, context))
}

function memberOf(keyword: string): PolicyMember<unknown> {
  const member = members[keyword]
  if (!member) throw new RangeError(`no client policy ${keyword}`)
  return member
}
