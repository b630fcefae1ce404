import { activeFaults, type Faults, faultsSchema, noFaults, parseFaults } from '../faults/faults.ts'
import type { Problem } from '../kernel/errors.ts'
import { type JsonSchema, objectSchema } from '../kernel/json-schema.ts'
import { type ClientPolicies, clientSchema, parseClient } from '../resilience/client.ts'
import { found, isRecord, step } from '../kernel/json.ts'
import type { Document } from './document.ts'
import { didYouMean, quoted } from '../kernel/suggest.ts'
import {
  parseThresholds,
  type RawThresholds,
  type Threshold,
  thresholdProblems,
  thresholdsSchema,
} from './threshold.ts'

/** One thing whose effect is measured. */
export interface Policy {
  readonly name: string
  /** A fault, a client policy alone, or a client policy under a fault. */
  readonly kind: 'fault' | 'client' | 'combined'
  readonly faults: Faults
  readonly client: ClientPolicies
  readonly bounds: readonly Threshold[]
}

/** A policy as a profile holds it. */
export interface RawPolicy {
  readonly fault?: Document
  readonly client?: Document
  readonly under?: { readonly fault: Document }
  readonly bounds?: RawThresholds
}

const namePattern = /^[a-z0-9][a-z0-9-]*$/u

/** Names that a result gives to arms and phases of its own. */
const reserved = ['baseline', 'control', 'direct', 'stress', 'warmup', 'canary']

const policySchema = objectSchema(
  {
    fault: faultsSchema,
    client: clientSchema,
    under: objectSchema(
      { fault: faultsSchema },
      { required: ['fault'], description: 'The fault that the client policy is for' },
    ),
    bounds: thresholdsSchema('What the target must hold under this policy'),
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
export function policyProblems(raw: unknown, sound: (pointer: string) => boolean): Problem[] {
  if (!isRecord(raw)) return []
  return Object.entries(raw).flatMap(([name, policy]) => {
    const where = `/policies${step(name)}`
    if (!isRecord(policy)) return nameProblems(name, where)
    const { bounds, ...rest } = policy as RawPolicy
    return [
      ...nameProblems(name, where),
      ...shapeProblems(rest, where),
      ...idleProblems(rest, where, sound),
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

function shapeProblems({ fault, client, under }: RawPolicy, where: string): Problem[] {
  const keys = Object.entries({ fault, client, under }).flatMap(([key, value]) => (value === undefined ? [] : [key]))
  if (['fault', 'client', 'client under'].includes(keys.join(' '))) return []
  const message = `found ${keys.length === 0 ? 'neither fault nor client' : keys.join(' and ')}, allowed: fault, client, or client and under`
  return [{ where, message }]
}

/** A policy that changes nothing would be measured, and pass, for nothing. */
function idleProblems(
  { fault, client, under }: RawPolicy,
  where: string,
  sound: (pointer: string) => boolean,
): Problem[] {
  const faults = [
    { pointer: `${where}/fault`, raw: fault },
    { pointer: `${where}/under/fault`, raw: under?.fault },
  ]
  const idle = faults.filter(
    ({ pointer, raw }) => raw !== undefined && sound(pointer) && activeFaults(parseFaults(raw)).length === 0,
  )
  const idleClient = client !== undefined && sound(`${where}/client`) && parseClient(client).length === 0
  return [
    ...idle.map(({ pointer }) => ({ where: pointer, message: 'changes nothing: all its faults are disabled' })),
    ...(idleClient
      ? [{ where: `${where}/client`, message: 'changes nothing: none of its policies has a setting' }]
      : []),
  ]
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

/** Reads policies that have no problems, in their order. */
export function parsePolicies(raw: Readonly<Record<string, RawPolicy>>): Policy[] {
  return Object.entries(raw).map(([name, { fault, client, under, bounds = {} }]) => {
    const faults = fault ?? under?.fault
    return {
      name,
      kind: client === undefined ? 'fault' : under === undefined ? 'client' : 'combined',
      faults: faults === undefined ? noFaults : parseFaults(faults),
      client: client === undefined ? [] : parseClient(client),
      bounds: parseThresholds(bounds),
    }
  })
}
