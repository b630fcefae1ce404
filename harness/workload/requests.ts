import { isRecord, type JsonObject } from '../kernel/json.ts'
import { protocols } from './protocols/protocols.ts'
import type { ProtocolMember } from './protocol-member.ts'

/** A protocol's member as those use it that do not care which it is: what one of its functions makes goes to another. */
export type AnyMember = ProtocolMember<unknown, unknown>

/** The member of a workload's protocol; undefined where there is none of that name. */
export function memberOf({ protocol }: JsonObject): AnyMember | undefined {
  return Object.entries(protocols as unknown as Readonly<Record<string, AnyMember>>).find(
    ([keyword]) => keyword === protocol,
  )?.[1]
}

/** A scenario as a profile holds it, after the schema's defaults. */
interface RawScenario {
  readonly name: string
  readonly weight: number
  readonly steps: readonly JsonObject[]
}

/** A request of a workload, whether it stands alone or is a step. */
export interface PlacedRequest {
  readonly raw: JsonObject
  /** JSON pointer in the profile. */
  readonly where: string
  /** The scenario whose step it is; null for a request that stands alone. */
  readonly scenario: string | null
}

/** One iteration: its requests in order, with its name and its part in the mix. */
export interface PlacedScenario {
  /** Undefined for a request that stands alone: it has that request's name. */
  readonly name: string | undefined
  readonly weight: number
  readonly where: string
  readonly steps: readonly PlacedRequest[]
}

const listAt = (raw: JsonObject, key: string): readonly unknown[] => {
  const list = raw[key]
  return Array.isArray(list) ? list : []
}

/** The scenarios of a workload, those of one plain request included; what is no object is passed over. */
export function scenariosOf(raw: JsonObject): PlacedScenario[] {
  const plain = listAt(raw, 'requests').flatMap((request, index): PlacedScenario[] => {
    if (!isRecord(request)) return []
    const where = `/workload/requests/${index}`
    return [
      {
        name: undefined,
        weight: Number(request['weight'] ?? 1),
        where,
        steps: [{ raw: request, where, scenario: null }],
      },
    ]
  })
  const several = listAt(raw, 'scenarios').flatMap((scenario, index): PlacedScenario[] => {
    if (!isRecord(scenario)) return []
    const where = `/workload/scenarios/${index}`
    const { name, weight } = scenario as unknown as RawScenario
    const steps = listAt(scenario, 'steps').flatMap((request, number) =>
      isRecord(request) ? [{ raw: request, where: `${where}/steps/${number}`, scenario: String(name) }] : [],
    )
    return [{ name, weight: Number(weight ?? 1), where, steps }]
  })
  return [...plain, ...several]
}

/** The name of a request: its own, else by its protocol, after its scenario's where it is a step. */
export function requestName({ raw, scenario }: PlacedRequest, member: AnyMember): string {
  if (typeof raw['name'] === 'string') return raw['name']
  return scenario === null ? member.nameOf(raw) : `${scenario}: ${member.nameOf(raw)}`
}

/** Whether a request may be repeated: as it says, else by its protocol. */
export function isIdempotent({ raw }: PlacedRequest, member: AnyMember): boolean {
  return typeof raw['idempotent'] === 'boolean' ? raw['idempotent'] : member.isIdempotent(raw)
}

/** The values that a sound workload leaves open, and that follow from others: by JSON pointer in the profile. */
export function workloadDefaults(raw: JsonObject): { readonly pointer: string; readonly value: unknown }[] {
  const member = memberOf(raw)
  if (!member) return []
  return scenariosOf(raw)
    .flatMap(({ steps }) => steps)
    .flatMap((request) => [
      ...(request.raw['name'] === undefined
        ? [{ pointer: `${request.where}/name`, value: requestName(request, member) }]
        : []),
      ...(request.raw['idempotent'] === undefined
        ? [{ pointer: `${request.where}/idempotent`, value: isIdempotent(request, member) }]
        : []),
    ])
}
