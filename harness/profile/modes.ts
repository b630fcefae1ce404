import type { Problem } from '../kernel/errors.ts'
import { type JsonSchema, objectSchema, quantitySchema } from '../kernel/json-schema.ts'
import { durationNs } from '../kernel/units.ts'
import { valueAt } from '../kernel/json.ts'
import { mostWorkers } from './load-model.ts'
import { unknownPolicies } from './policies.ts'

export const modeNames = ['smoke', 'long'] as const
export type ModeName = (typeof modeNames)[number]

/** How long and how often a run measures. */
export interface Mode {
  readonly name: ModeName
  /** Of the stress stage. */
  readonly durationNs: number
  /** Closed loops of the stress stage; null for the load's own model of throughput. */
  readonly workers: number | null
  /** Fresh targets in the policy stage. */
  readonly rounds: number
  /** Slices of each arm in each round. */
  readonly slices: number
  readonly sliceNs: number
  /** The beginning of a slice that is not measured. */
  readonly discardNs: number
  /** Longest wait for the operations in flight at the end of a slice. */
  readonly drainNs: number
  /** Load on a fresh target before its first slice. */
  readonly warmupNs: number
  readonly policies: 'all' | readonly string[]
  /** Wall time of the whole run, into which the plan is fitted. */
  readonly budgetNs: number
  /** Width of the windows in which the stress stage is recorded. */
  readonly windowNs: number
  /** Null where nothing is compared often enough to fail the run by it. */
  readonly gate: GateMode | null
}

/** How often what may fail a run by being worse is measured. */
export interface GateMode {
  /** After so many rounds of fresh targets the run may have an answer; ascending. */
  readonly rounds: readonly number[]
  /** Slices of each arm in each round. */
  readonly slices: number
  /** Whether the target is measured beside soakrig's own server too, by which it is held to other nights. */
  readonly yardstick: boolean
}

/** A mode as a profile holds it, after all defaults. */
export interface RawMode {
  readonly duration: string
  readonly workers?: number
  readonly rounds: number
  readonly slices: number
  readonly slice: string
  readonly discard: string
  readonly drain: string
  readonly warmup: string
  readonly policies: 'all' | readonly string[]
  readonly budget: string
  readonly window: string
  readonly gate: GateMode | false
  readonly floor?: boolean
}

/** The least of a long run; less would find nothing. */
const floors = { duration: '20s', workers: 24 } as const

const defaults = {
  smoke: { duration: '2s', rounds: 1, slices: 2, slice: '1s', drain: '1s', warmup: '3s', budget: '45s', gate: false },
  long: {
    duration: floors.duration,
    rounds: 3,
    slices: 4,
    slice: '2s',
    drain: '2s',
    warmup: '5s',
    budget: '2h',
    gate: {},
  },
} as const

/** The gate of a mode that says nothing more of it. */
const gateDefaults = { rounds: [8, 12, 16, 24], slices: 4, yardstick: true } as const
/** A gate has no more rounds than these. */
export const mostRounds = 60

/** Windows of a long run, and of one too short for them. */
const windows = { smoke: '1s', long: '10s', shortLong: '2s', shortLongNs: 60e9 } as const

const count = (maximum: number, description: string, standard?: number): JsonSchema => ({
  type: 'integer',
  minimum: 1,
  maximum,
  ...(standard !== undefined && { default: standard }),
  description,
})

/** How often is measured what may fail a run by being worse, and beside what. */
const gateSchema: JsonSchema = objectSchema({
  rounds: {
    type: 'array',
    items: { type: 'integer', minimum: 1, maximum: mostRounds },
    minItems: 1,
    default: gateDefaults.rounds,
    description: 'Rounds of fresh targets after each of which the run may have an answer, ascending',
  },
  slices: { ...count(1000, 'Slices of each arm in each round', gateDefaults.slices), minimum: 2 },
  yardstick: {
    type: 'boolean',
    default: gateDefaults.yardstick,
    description: "Measure soakrig's own server beside the target, by which its speed is held to that of other runs",
  },
})

function modeSchema(name: ModeName): JsonSchema {
  const own = defaults[name]
  const duration = (description: string, standard?: string): JsonSchema => ({
    ...quantitySchema('duration', description),
    ...(standard !== undefined && { default: standard }),
  })
  const properties = {
    duration: duration('Duration of the stress stage', own.duration),
    workers: count(
      mostWorkers,
      `Closed loops of the stress stage; absent: ${name === 'long' ? floors.workers : "as many as the load's"}, or the load itself where it is open, staged or counted`,
    ),
    rounds: count(1000, 'Fresh targets in the policy stage', own.rounds),
    slices: count(1000, 'Slices of each arm in each round', own.slices),
    slice: duration('Length of a slice', own.slice),
    discard: duration('Beginning of a slice that is not measured', '250ms'),
    drain: duration('Longest wait for the operations in flight at the end of a slice', own.drain),
    warmup: duration('Load on a fresh target before its first slice', own.warmup),
    policies: {
      if: { type: 'array' },
      then: { items: { type: 'string' }, uniqueItems: true },
      else: { enum: ['all'], description: 'or a list of names' },
      default: 'all',
      description: '"all", or the names of the policies to measure',
    },
    budget: duration('Wall time into which the run is fitted', own.budget),
    gate: {
      if: { type: 'object' },
      then: gateSchema,
      else: { const: false, description: 'or how often it is measured' },
      default: own.gate,
      description:
        'What is compared often enough to fail the run by being worse: what policies of the client cost, a former build, and the speed of other runs; false for nothing',
    },
    window: duration(`Width of the recorded windows; absent: ${name === 'smoke' ? windows.smoke : '10s, under 1m 2s'}`),
  }
  const floor = {
    type: 'boolean',
    default: true,
    description: `Raise the stress stage to ${floors.duration} and ${floors.workers} workers where it has less`,
  }
  const all: Record<string, JsonSchema> = name === 'long' ? { ...properties, floor } : properties
  return { ...objectSchema(all, { description: `The ${name} mode` }), default: {} }
}

/** Schema of a profile's `modes`. */
export const modesSchema: JsonSchema = {
  ...objectSchema(
    { smoke: modeSchema('smoke'), long: modeSchema('long') },
    { description: 'How long and how often a run measures' },
  ),
  default: {},
}

/** A value that the profile did not state or that was raised: where it belongs, and what it is. */
export interface Change {
  readonly pointer: string
  readonly value: unknown
}

/** The defaults of a mode that depend on other settings, after the floors have been applied. */
export function modeDefaults(name: ModeName, raw: Partial<RawMode>, steadyWorkers: number | null): Change[] {
  const short = durationNs(raw.duration) < windows.shortLongNs
  const standard = name === 'smoke' ? windows.smoke : short ? windows.shortLong : windows.long
  const window = durationNs(standard) > durationNs(raw.duration) ? raw.duration : standard
  const workers = steadyWorkers !== null && name === 'long' ? floors.workers : steadyWorkers
  return [
    ...(raw.workers === undefined && workers !== null ? [{ pointer: `/modes/${name}/workers`, value: workers }] : []),
    ...(raw.window === undefined ? [{ pointer: `/modes/${name}/window`, value: window }] : []),
  ]
}

/** What the floors of the long mode raise, and the warnings that say so. */
export function raisedToFloor(name: ModeName, raw: Partial<RawMode>): { changes: Change[]; warnings: Problem[] } {
  if (name !== 'long' || raw.floor === false) return { changes: [], warnings: [] }
  const raised = [
    { key: 'duration', value: floors.duration, low: durationNs(raw.duration) < durationNs(floors.duration) },
    { key: 'workers', value: floors.workers, low: (raw.workers ?? floors.workers) < floors.workers },
  ].filter(({ low }) => low)
  const pointerTo = (key: string): string => `/modes/long/${key}`
  return {
    changes: raised.map(({ key, value }) => ({ pointer: pointerTo(key), value })),
    warnings: raised.map(({ key, value }) => ({
      where: pointerTo(key),
      message: `raised from ${String(valueAt(raw, `/${key}`))} to ${value}, the floor of the long mode ("floor": false lifts it)`,
    })),
  }
}

/** The duration of a mode's stress stage, its floor applied. */
export function stressNs(name: ModeName, { duration, floor }: RawMode): number {
  return Math.max(durationNs(duration), name === 'long' && floor !== false ? durationNs(floors.duration) : 0)
}

/** The width of the windows in which a mode's stress stage is recorded, also where it is left to the default. */
export function windowNsOf(name: ModeName, raw: RawMode): number {
  const { value = raw.window } = modeDefaults(name, raw, null).find(({ pointer }) => pointer.endsWith('/window')) ?? {}
  return durationNs(value as string)
}

/** What the schema cannot say of a mode that has passed it. */
export function modeProblems(name: ModeName, raw: RawMode, declared: readonly string[]): Problem[] {
  const pointer = `/modes/${name}`
  const { window } = raw as Partial<RawMode>
  const nothing = (['duration', 'slice', 'window', 'budget'] as const)
    .filter((key) => raw[key] !== undefined && durationNs(raw[key]) === 0)
    .map((key) => ({ where: `${pointer}/${key}`, message: `found ${raw[key]}, allowed: more than 0` }))
  const wide = window !== undefined && durationNs(window) > stressNs(name, raw)
  const late = durationNs(raw.discard) >= durationNs(raw.slice)
  const looks = (raw.gate as RawMode['gate'] | undefined) || { rounds: [] }
  const unsorted = looks.rounds.some((rounds, index) => index > 0 && rounds <= (looks.rounds[index - 1] ?? 0))
  const names = Array.isArray(raw.policies) ? (raw.policies as readonly string[]) : []
  return [
    ...nothing,
    ...(wide ? [{ where: `${pointer}/window`, message: `found ${window}, allowed: at most the duration` }] : []),
    ...(unsorted
      ? [{ where: `${pointer}/gate/rounds`, message: `found ${looks.rounds.join(', ')}, allowed: ascending numbers` }]
      : []),
    ...(late
      ? [{ where: `${pointer}/discard`, message: `found ${raw.discard}, allowed: less than the slice of ${raw.slice}` }]
      : []),
    ...unknownPolicies(
      names.map((policy, index) => ({ name: policy, where: `${pointer}/policies/${index}` })),
      declared,
    ),
  ]
}

/** Reads a mode that has no problems and all its defaults. */
export function parseMode(name: ModeName, raw: RawMode): Mode {
  return {
    name,
    durationNs: durationNs(raw.duration),
    workers: raw.workers ?? null,
    rounds: raw.rounds,
    slices: raw.slices,
    sliceNs: durationNs(raw.slice),
    discardNs: durationNs(raw.discard),
    drainNs: durationNs(raw.drain),
    warmupNs: durationNs(raw.warmup),
    policies: raw.policies,
    budgetNs: durationNs(raw.budget),
    windowNs: durationNs(raw.window),
    gate: raw.gate === false ? null : raw.gate,
  }
}
