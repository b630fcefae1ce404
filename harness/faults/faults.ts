import { messageOf, type Problem } from '../kernel/errors.ts'
import { isRecord, step } from '../kernel/json.ts'
import { type JsonSchema, objectSchema } from '../kernel/json-schema.ts'
import { budget } from './budget.ts'
import { connectTimeout } from './connect-timeout.ts'
import { corrupt } from './corrupt.ts'
import { cpuHog } from './cpu-hog.ts'
import { dns } from './dns.ts'
import { duplicate } from './duplicate.ts'
import type { Direction, FaultMember } from './fault.ts'
import { halfOpen } from './half-open.ts'
import { handshake } from './handshake.ts'
import { hang } from './hang.ts'
import { kill } from './kill.ts'
import { latency } from './latency.ts'
import { limit } from './limit.ts'
import { loss } from './loss.ts'
import { mtu } from './mtu.ts'
import { mutation } from './mutation.ts'
import { partition } from './partition.ts'
import { pause } from './pause.ts'
import { presetNames, presetOf } from './presets.ts'
import { rate } from './rate.ts'
import { refused } from './refused.ts'
import { reorder } from './reorder.ts'
import { reset } from './reset.ts'
import { slicer } from './slicer.ts'
import { slowClose } from './slow-close.ts'
import { unreachable } from './unreachable.ts'

/** A fault whose type of settings only itself knows. */
export type AnyFault = FaultMember<unknown>

/**
 * All faults. Where several act on the same bytes they do so in this order: what a path does to a packet, from the one that
 * sends it to the one that gets it.
 */
const members = [
  refused,
  connectTimeout,
  partition,
  budget,
  hang,
  reset,
  limit,
  halfOpen,
  mtu,
  duplicate,
  mutation,
  corrupt,
  rate,
  latency,
  reorder,
  loss,
  slicer,
  slowClose,
  handshake,
  unreachable,
  dns,
  kill,
  pause,
  cpuHog,
] as const

/** The table of all faults by keyword, in the order in which they act. */
export const faultTable: Readonly<Record<string, AnyFault>> = Object.fromEntries(
  members.map((member) => [member.keyword, member as AnyFault]),
)

/** The settings of the faults of one rule: plain data, sent to the relay as it is. */
export interface Faults {
  readonly uplink: Readonly<Record<string, unknown>>
  readonly downlink: Readonly<Record<string, unknown>>
  /** Of faults that have no direction. */
  readonly whole: Readonly<Record<string, unknown>>
}

/** The relay's path with nothing added. */
export const noFaults: Faults = { uplink: {}, downlink: {}, whole: {} }

/** A fault that acts, with its settings; one without direction is said to act uplink, where requests pass first. */
export interface ActiveFault {
  readonly fault: AnyFault
  readonly settings: unknown
  readonly direction: Direction
}

const all = Object.values(faultTable)

/** The schemas of all faults by keyword, each once: to be among the `definitions` of a schema that holds `faultsSchema`. */
export const faultDefinitions: Readonly<Record<string, JsonSchema>> = Object.fromEntries(
  all.map(({ keyword, schema }) => [keyword, schema]),
)

function references(faults: readonly AnyFault[]): Record<string, JsonSchema> {
  const entries = faults.map(({ keyword, schema }) => {
    const reference = { $ref: `#/definitions/${keyword}`, description: schema['description'] }
    return [keyword, reference] as const
  })
  return Object.fromEntries(entries)
}

const oneWay = references(all.filter(({ directional }) => directional))

/**
 * The `fault` of a rule: faults by keyword. Those that have a direction act downlink where none is said; what a preset says
 * is replaced, fault by fault and direction by direction, by what stands beside it; an explicit 0 disables.
 */
export const faultsSchema: JsonSchema = {
  ...objectSchema(
    {
      preset: { enum: presetNames, description: 'Conditions by name; what stands beside it replaces its parts' },
      ...references(all),
      uplink: objectSchema(oneWay, { description: 'Faults from client to server.' }),
      downlink: objectSchema(oneWay, { description: 'Faults from server to client.' }),
    },
    { description: 'Faults of the path between client and target, of the dialling, and of the target itself.' },
  ),
  minProperties: 1,
}

type RawFaults = Readonly<Record<string, unknown>>
type Side = keyof Faults

/** What a `fault` says of each side, preset and all, with the step that leads to it from the object. */
function sidesOf(raw: RawFaults): Record<Side, Readonly<Record<string, { raw: unknown; where: string }>>> {
  const { preset, uplink, downlink, ...plain } = raw
  const base = typeof preset === 'string' ? presetOf(preset) : undefined
  const below = base === undefined ? null : sidesOf(base.fault)
  const placed = (holder: unknown, pointer: string, wanted: (fault: AnyFault) => boolean) =>
    Object.fromEntries(
      Object.entries(isRecord(holder) ? holder : {}).flatMap(([keyword, settings]) => {
        const fault = faultTable[keyword]
        if (settings === undefined || fault === undefined || !wanted(fault)) return []
        return [[keyword, { raw: settings, where: pointer + step(keyword) }] as const]
      }),
    )
  const directional = ({ directional: has }: AnyFault): boolean => has
  return {
    uplink: { ...below?.uplink, ...placed(uplink, '/uplink', directional) },
    downlink: { ...below?.downlink, ...placed(plain, '', directional), ...placed(downlink, '/downlink', directional) },
    whole: { ...below?.whole, ...placed(plain, '', ({ directional: has }) => !has) },
  }
}

/** Reads a `fault` object that has no problems; what changes nothing is left out. */
export function parseFaults(raw: RawFaults): Faults {
  const sides = sidesOf(raw)
  const parsed = (side: Side): Record<string, unknown> =>
    Object.fromEntries(
      all.flatMap((fault) => {
        const own = sides[side][fault.keyword]
        const settings = own === undefined ? undefined : fault.parse(own.raw)
        return settings !== undefined && fault.active(settings) ? [[fault.keyword, settings]] : []
      }),
    )
  return { uplink: parsed('uplink'), downlink: parsed('downlink'), whole: parsed('whole') }
}

/** What the schema cannot say of a `fault` that it let pass, every problem at once. */
export function faultsProblems(raw: unknown, pointer: string): Problem[] {
  if (!isRecord(raw)) return []
  return Object.values(sidesOf(raw))
    .flatMap((side) => Object.entries(side))
    .flatMap(([keyword, { raw: settings, where }]) => {
      try {
        faultTable[keyword]?.parse(settings)
        return []
      } catch (error) {
        return [{ where: pointer + where, message: messageOf(error) }]
      }
    })
}

/** The faults that act, in the order of the table: of one in both directions uplink comes first. */
export function activeFaults({ uplink, downlink, whole }: Faults): readonly ActiveFault[] {
  return all.flatMap((fault) => {
    const sides = [
      { settings: uplink[fault.keyword], direction: 'uplink' as const },
      { settings: downlink[fault.keyword], direction: 'downlink' as const },
      { settings: whole[fault.keyword], direction: 'uplink' as const },
    ]
    return sides.flatMap((side) => (side.settings === undefined ? [] : [{ fault, ...side }]))
  })
}
