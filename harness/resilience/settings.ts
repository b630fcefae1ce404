import type { Problem } from '../kernel/errors.ts'
import { type JsonSchema, objectSchema } from '../kernel/json-schema.ts'
import { memberOf, members } from './members.ts'

/** One policy of a client: plain data, sent to the load workers as it is. */
export interface ClientStage {
  readonly keyword: string
  readonly settings: unknown
}

/** The policies of a client, outermost first; none for the plain path. */
export type ClientPolicies = readonly ClientStage[]

/** Policies by keyword, as a profile holds them; a timeout says what of: the operation, each attempt, or both. */
export type RawPolicies = Readonly<Record<string, unknown>>

/** A client as a profile holds it: in the usual order, or in that of the list, outermost first. */
export type RawClient = RawPolicies | readonly RawPolicies[]

/**
 * The usual order, outermost first: what ends, repeats or refuses an operation stands around what it is about. A timeout
 * of attempts does not count the time in which one waits to be let go.
 */
const order = [
  'fallback',
  'timeout/operation',
  'use',
  'retry',
  'circuitBreaker',
  'rateLimit',
  'concurrencyLimit',
  'bulkhead',
  'hedge',
  'timeout/attempt',
  'pool',
] as const

/** A definition that stands once in a document's schema, however often it is used. */
const definition = (name: string, description: unknown): JsonSchema => ({ $ref: `#/definitions/${name}`, description })

const properties = Object.fromEntries(
  Object.values(members).map(({ keyword, schema }) => [
    keyword,
    definition(`client-${keyword}`, schema['description'] ?? keyword),
  ]),
)

const description = 'What the client does about faults.'

const client: JsonSchema = {
  ...objectSchema(properties, { description }),
  type: ['object', 'array'],
  minProperties: 1,
  items: {
    ...objectSchema(properties, { description: 'One policy; the first of the list is outermost.' }),
    minProperties: 1,
    maxProperties: 1,
  },
  minItems: 1,
}

/** To be among the `definitions` of each schema that holds a `clientReference`. */
export const clientDefinitions: Readonly<Record<string, JsonSchema>> = {
  ...Object.fromEntries(Object.values(members).map(({ keyword, schema }) => [`client-${keyword}`, schema])),
  client,
}

/** The `client` of a policy, in a schema with `clientDefinitions`. */
export const clientReference: JsonSchema = definition('client', description)

/** A `client` by itself. */
export const clientSchema: JsonSchema = { ...client, definitions: clientDefinitions }

/** What the schema cannot say of a `client` that it let pass, beside a workload as a profile holds it (null: unknown). */
export function clientProblems(
  raw: RawClient,
  where: string,
  workload: Readonly<Record<string, unknown>> | null = null,
): readonly Problem[] {
  const places = isList(raw) ? raw.map((one, index) => ({ one, at: `${where}/${index}` })) : [{ one: raw, at: where }]
  const placed = places.flatMap(({ one, at }) =>
    Object.entries(one).map(([keyword, settings]) => ({ keyword, settings, at: `${at}/${keyword}` })),
  )
  const problems = placed.flatMap(({ keyword, settings, at }) => {
    const member = memberOf(keyword)
    const own = member.problems?.(settings, at) ?? []
    return workload === null ? own : [...own, ...(member.workloadProblems?.(workload, at) ?? [])]
  })
  const [, ...again] = placed.filter(({ keyword }) => keyword === 'pool')
  return [...problems, ...again.map(({ at }) => ({ where: at, message: 'found a second pool, allowed: one' }))]
}

/** Reads a `client` that the schema let pass. */
export function parseClient(raw: RawClient): ClientPolicies {
  return isList(raw) ? raw.flatMap(inUsualOrder) : inUsualOrder(raw)
}

/** The other targets that policies ask, by name. */
export function otherTargetsOf(policies: ClientPolicies): readonly string[] {
  return [...new Set(policies.flatMap(({ keyword, settings }) => memberOf(keyword).targets?.(settings) ?? []))]
}

/** The most attempts that one operation has in flight at once. */
export function attemptsAtOnce(policies: ClientPolicies): number {
  return policies.reduce((most, { keyword, settings }) => most * (memberOf(keyword).atOnce?.(settings) ?? 1), 1)
}

function isList(raw: RawClient): raw is readonly RawPolicies[] {
  return Array.isArray(raw)
}

function inUsualOrder(raw: RawPolicies): ClientStage[] {
  return order.flatMap((place) => {
    const [keyword = '', part] = place.split('/')
    const own = raw[keyword]
    const settings = part === undefined ? own : (own as RawPolicies | undefined)?.[part]
    return settings === undefined ? [] : [{ keyword, settings: memberOf(keyword).parse(settings) }]
  })
}
