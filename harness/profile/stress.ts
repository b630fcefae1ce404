import type { Problem } from '../kernel/errors.ts'
import { found, isRecord } from '../kernel/json.ts'
import { type JsonSchema, objectSchema, quantitySchema } from '../kernel/json-schema.ts'
import { durationNs, formatNs } from '../kernel/units.ts'
import { clientProblems, clientReference, type RawClient } from '../resilience/settings.ts'
import { type ModeName, modeNames } from './modes.ts'
import { unknownPolicies } from './policies.ts'

/** What happens in the stress stage: the fault of a policy is put on, or taken off. */
export interface StressStep {
  /** From the beginning of the mode's stress segment. */
  readonly atNs: number
  readonly kind: 'install' | 'remove'
  readonly policy: string
  /** After which an installed policy is taken off again; null where a later step, or the end, does that. */
  readonly forNs: number | null
}

/** A step as a profile holds it. */
interface RawStep {
  readonly at: string
  readonly install?: string
  readonly remove?: string
  readonly for?: string
}

export type RawStress = Readonly<
  Partial<Record<ModeName, { readonly steps?: readonly RawStep[]; readonly client?: RawClient }>>
>

const name = (description: string): JsonSchema => ({ type: 'string', minLength: 1, description })

const stepSchema: JsonSchema = {
  ...objectSchema(
    {
      at: quantitySchema('duration', 'time from the beginning of the stress segment'),
      install: name('Policy whose fault begins to act'),
      remove: name('Policy whose fault ends'),
      for: quantitySchema('duration', 'ends by itself after this time'),
    },
    { required: ['at'], description: 'A fault that begins or ends' },
  ),
  anyOf: [{ required: ['install'] }, { required: ['remove'] }],
}

/** Schema of a profile's `stress`. */
export const stressSchema: JsonSchema = objectSchema(
  Object.fromEntries(
    modeNames.map((mode) => [
      mode,
      {
        ...objectSchema(
          {
            client: clientReference,
            steps: { type: 'array', items: stepSchema, description: 'What happens when, in any order' },
          },
          { description: `Of the ${mode} mode` },
        ),
        minProperties: 1,
      },
    ]),
  ),
  { description: 'Faults of policies that come and go in the stress stage, and what the client does, by mode' },
)

/** What is known where the steps of a mode are looked at. */
export interface StressContext {
  /** Of the stress segment of each mode, floors applied. */
  readonly durationNs: (mode: ModeName) => number
  /** All policies, and those among them that have a fault. */
  readonly policies: readonly string[]
  readonly faulty: readonly string[]
  /** Of a policy: faults that act where connections are made, which cannot come and go. */
  readonly dialled: (policy: string) => readonly string[]
  /** As the profile holds it; null where it has problems of its own. */
  readonly workload: Readonly<Record<string, unknown>> | null
}

/** What the schema cannot say of the steps; only modes for which `sound` holds are looked at. */
export function stressProblems(
  raw: unknown,
  sound: (pointer: string) => boolean,
  { durationNs: length, policies, faulty, dialled, workload }: StressContext,
): Problem[] {
  if (!isRecord(raw)) return []
  return modeNames
    .filter((mode) => sound(`/stress/${mode}`))
    .flatMap((mode) => {
      const { steps = [], client } = (raw as RawStress)[mode] ?? {}
      const own = steps.flatMap((step, index) => {
        const where = `/stress/${mode}/steps/${index}`
        return [
          ...shapeProblems(step, where),
          ...nameProblems(step, where, policies, faulty),
          ...dialledProblems(step, where, dialled),
          ...lateProblems(step, where, length(mode)),
        ]
      })
      return [
        ...(client === undefined ? [] : clientProblems(client, `/stress/${mode}/client`, workload)),
        ...(own.length > 0 ? own : orderProblems(steps, `/stress/${mode}/steps`)),
      ]
    })
}

function shapeProblems({ install, remove, for: length }: RawStep, where: string): Problem[] {
  if (install !== undefined && remove !== undefined)
    return [{ where, message: 'found install and remove, allowed: one of them' }]
  if (length === undefined) return []
  if (remove !== undefined)
    return [{ where: `${where}/for`, message: `found ${found(length)}, allowed: nothing beside remove` }]
  return durationNs(length) > 0 ? [] : [{ where: `${where}/for`, message: `found ${length}, allowed: more than 0` }]
}

function nameProblems(
  { install, remove }: RawStep,
  where: string,
  policies: readonly string[],
  faulty: readonly string[],
): Problem[] {
  const named = [
    { name: install, where: `${where}/install` },
    { name: remove, where: `${where}/remove` },
  ].flatMap(({ name: policy, where: place }) => (policy === undefined ? [] : [{ name: policy, where: place }]))
  const unknown = unknownPolicies(named, policies)
  if (unknown.length > 0) return unknown
  return named
    .filter(({ name: policy }) => !faulty.includes(policy))
    .map(({ name: policy, where: place }) => ({
      where: place,
      message: `found ${found(policy)}, which has no fault, allowed: a policy with a fault`,
    }))
}

function dialledProblems({ install }: RawStep, where: string, dialled: StressContext['dialled']): Problem[] {
  const [keyword] = install === undefined ? [] : dialled(install)
  if (keyword === undefined) return []
  const message = `found ${found(install)}, whose ${keyword} acts where connections are made and cannot come and go; allowed: faults of the path, of a dependency or of the target`
  return [{ where: `${where}/install`, message }]
}

/** Of what lies behind the end of the segment nothing would be carried out. */
function lateProblems({ at, for: length }: RawStep, where: string, lengthNs: number): Problem[] {
  const leftNs = lengthNs - durationNs(at)
  if (leftNs <= 0)
    return [{ where: `${where}/at`, message: `found ${at}, allowed: less than the duration of ${formatNs(lengthNs)}` }]
  if (length === undefined || durationNs(length) <= leftNs) return []
  const message = `found ${length}, allowed: at most the ${formatNs(leftNs)} that are left of the duration of ${formatNs(lengthNs)}, or nothing, which lasts to its end`
  return [{ where: `${where}/for`, message }]
}

/** A policy is on at most once, and only what is on can be removed. */
function orderProblems(raw: readonly RawStep[], pointer: string): Problem[] {
  const onUntil = new Map<string, number>()
  return raw
    .map((step, index) => ({ ...stepOf(step), where: `${pointer}/${index}` }))
    .toSorted((a, b) => a.atNs - b.atNs)
    .flatMap(({ atNs, kind, policy, forNs, where }) => {
      const on = (onUntil.get(policy) ?? 0) > atNs
      onUntil.set(policy, kind === 'remove' ? 0 : atNs + (forNs ?? Number.POSITIVE_INFINITY))
      if (on === (kind === 'remove')) return []
      const state = on ? 'on already' : 'not on'
      return [
        {
          where,
          message: `found ${kind} ${found(policy)}, which is ${state} at ${formatNs(atNs)}, allowed: install and remove by turns`,
        },
      ]
    })
}

function stepOf({ at, install, remove = '', for: length }: RawStep): StressStep {
  return {
    atNs: durationNs(at),
    kind: install === undefined ? 'remove' : 'install',
    policy: install ?? remove,
    forNs: length === undefined ? null : durationNs(length),
  }
}

/** Reads the steps of a mode that have no problems, in the order of their times. */
export function parseStress(raw: RawStress | undefined, mode: ModeName): StressStep[] {
  return (raw?.[mode]?.steps ?? []).map(stepOf).toSorted((a, b) => a.atNs - b.atNs)
}
