import type { Rule } from '../faults/rule.ts'
import type { Problem } from '../kernel/errors.ts'
import { type JsonSchema, objectSchema } from '../kernel/json-schema.ts'
import { clientProblems, type ClientPolicies, clientReference, type RawClient } from '../resilience/settings.ts'
import { found, isRecord, step } from '../kernel/json.ts'
import {
  faultyProblems,
  faultyProperties,
  parseFaulty,
  type PolicySurroundings,
  type RawFaulty,
} from './policy-rules.ts'
import { didYouMean, quoted } from '../kernel/suggest.ts'
import { withRequestRetries } from './request-retries.ts'
import type { Place } from '../workload/place.ts'
import { costProblems, costSchema, parseCost, type PolicyCost, type RawCost } from './cost.ts'
import { parseClientAt } from './policy-modules.ts'
import type { Threshold } from './threshold.ts'
import { parseThresholds, type RawThresholds, thresholdProblems, thresholdsSchema } from './threshold-settings.ts'

/** One thing whose effect is measured. */
export interface Policy {
  readonly name: string
  /** A fault, a client policy alone, or a client policy under a fault. */
  readonly kind: 'fault' | 'client' | 'combined'
  /** Of which at most one acts on a connection or exchange; none where there is no fault. */
  readonly rules: readonly Rule[]
  /** The dependency on whose path they act; null for the path to the target. */
  readonly at: string | null
  readonly client: ClientPolicies
  /** What the client policy may cost without a fault. */
  readonly cost: PolicyCost
  readonly bounds: readonly Threshold[]
}

/** A policy as a profile holds it. */
export interface RawPolicy extends RawFaulty {
  readonly client?: RawClient
  readonly under?: RawFaulty
  readonly cost?: RawCost
  readonly bounds?: RawThresholds
}

const namePattern = /^[a-z0-9][a-z0-9-]*$/u

/** Names that a result gives to arms and phases of its own. */
const reserved = ['baseline', 'control', 'direct', 'stress', 'warmup', 'canary']

const policySchema = objectSchema(
  {
    ...faultyProperties,
    client: clientReference,
    under: {
      ...objectSchema(faultyProperties, { description: 'The fault that the client policy is for' }),
      anyOf: [{ required: ['fault'] }, { required: ['rules'] }],
    },
    cost: costSchema,
    bounds: thresholdsSchema('bounds', 'What the target must hold under this policy'),
  },
  { description: 'A fault, a client policy, or a client policy under a fault' },
)

/** Schema of a profile's `policies`. */
export const policiesSchema: JsonSchema = {
  type: 'object',
  additionalProperties: policySchema,
  default: {},
  description: 'What is measured against the baseline, each by itself, in this order',
}

/** What the schema cannot say of policies; only places for which `sound` holds are looked at. */
export function policyProblems(
  raw: unknown,
  sound: (pointer: string) => boolean,
  surroundings: PolicySurroundings,
): Problem[] {
  if (!isRecord(raw)) return []
  return Object.entries(raw).flatMap(([name, policy]) => {
    const where = `/policies${step(name)}`
    if (!isRecord(policy)) return nameProblems(name, where)
    const { client, under, cost, bounds, ...faulty } = policy as RawPolicy
    const shape = shapeProblems(policy as RawPolicy, where)
    return [
      ...nameProblems(name, where),
      ...shape,
      ...(shape.length === 0 ? faultyProblems(faulty, where, sound, surroundings) : []),
      ...(isRecord(under) && ('fault' in under || 'rules' in under)
        ? faultyProblems(under, `${where}/under`, sound, surroundings)
        : []),
      ...clientProblemsOf(client, `${where}/client`, sound, surroundings),
      ...costProblemsOf(policy as RawPolicy, `${where}/cost`, sound),
      ...thresholdProblems(bounds, `${where}/bounds`),
    ]
  })
}

function nameProblems(name: string, where: string): Problem[] {
  if (!namePattern.test(name))
    return [{ where, message: `found the name ${found(name)}, allowed: small letters, digits and -, not - first` }]
  if (!reserved.includes(name)) return []
  return [{ where, message: `found the name ${found(name)}, allowed: any but ${quoted(reserved)}` }]
}

function shapeProblems({ fault, rules, client, under }: RawPolicy, where: string): Problem[] {
  const keys = Object.entries({ fault, rules, client, under }).flatMap(([key, value]) =>
    value === undefined ? [] : [key],
  )
  if (['fault', 'rules', 'client', 'client under'].includes(keys.join(' '))) return []
  const message = `found ${keys.length === 0 ? 'neither fault nor client' : keys.join(' and ')}, allowed: fault, rules, client, or client and under`
  return [{ where, message }]
}

function clientProblemsOf(
  client: RawPolicy['client'],
  where: string,
  sound: (pointer: string) => boolean,
  { workload }: PolicySurroundings,
): readonly Problem[] {
  if (client === undefined || !sound(where)) return []
  return clientProblems(client, where, isRecord(workload) && sound('/workload') ? workload : null)
}

function costProblemsOf({ client, cost }: RawPolicy, where: string, sound: (pointer: string) => boolean): Problem[] {
  if (cost === undefined || !sound(where)) return []
  if (client !== undefined) return costProblems(cost, where)
  return [{ where, message: 'found the cost of a fault, allowed: of a client policy; a fault has bounds' }]
}

/** Names among `names` that no policy has, each with what was probably meant. */
export function unknownPolicies(
  names: readonly { readonly name: string; readonly where: string }[],
  declared: readonly string[],
): Problem[] {
  return names.flatMap(({ name, where }) => {
    if (declared.includes(name)) return []
    const allowed = declared.length === 0 ? 'none, since the profile has no policies' : quoted(declared)
    return [{ where, message: `found ${found(name)}, allowed: ${allowed}${didYouMean(name, declared)}` }]
  })
}

/** Reads policies that have no problems, in their order; of the workload they may name requests. */
export function parsePolicies(raw: Readonly<Record<string, RawPolicy>>, workload: unknown, place: Place): Policy[] {
  return Object.entries(raw).map(([name, { client, under, cost = {}, bounds = {}, ...own }]) => {
    const faulty = client === undefined ? own : under
    return {
      name,
      kind: client === undefined ? 'fault' : under === undefined ? 'client' : 'combined',
      rules: faulty === undefined ? [] : parseFaulty(faulty, name, workload),
      at: faulty?.at ?? null,
      client: client === undefined ? [] : withRequestRetries(parseClientAt(client, place), workload),
      cost: parseCost(cost),
      bounds: parseThresholds(bounds),
    }
  })
}
