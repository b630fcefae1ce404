import { type JsonSchema, objectSchema, quantitySchema } from '../../kernel/json-schema.ts'
import { durationNs, shareOf, sizeBytes } from '../../kernel/units.ts'
import { type CapacitySettings, capacitySchema, parseCapacity, type RawCapacity } from './capacity.ts'

/** How a built-in server behaves; every one of them is off in `plainKnobs`. */
export interface Knobs {
  /** Asynchronous wait before each answer. */
  readonly serviceTimeNs: number
  /** Busy loop before each answer. */
  readonly cpuTimeNs: number
  /** Share of the answers that have `errorStatus`. */
  readonly errorShare: number
  /** Of HTTP; other protocols have errors of their own. */
  readonly errorStatus: number
  /** Bytes kept, and written to, per request. */
  readonly leakBytes: number
  /** Answers are held for the last `forNs` of every `everyNs`. */
  readonly stall: { readonly everyNs: number; readonly forNs: number } | undefined
  /** So large a share of the answers waits for so long, by chance. */
  readonly tail: { readonly share: number; readonly delayNs: number } | undefined
  /** The request of this number ends the process unanswered; 0 for never. */
  readonly dieAfter: number
  /** What it can serve; undefined for as much as the machine can. */
  readonly capacity: CapacitySettings | undefined
}

/** The knobs as a profile or a flag holds them. */
export interface RawKnobs {
  readonly serviceTime?: string
  readonly cpuTime?: string
  readonly errorShare?: string | number
  readonly status?: number
  readonly leak?: string
  readonly stall?: { readonly every: string; readonly for: string }
  readonly tail?: { readonly share: string | number; readonly delay: string }
  readonly dieAfter?: number
  readonly capacity?: RawCapacity
}

const defaults = { serviceTime: '0ms', cpuTime: '0ms', errorShare: '0%', status: 500, leak: '0b', dieAfter: 0 } as const

/** JSON Schema of the knobs. */
export const knobsSchema: JsonSchema = objectSchema(
  {
    serviceTime: {
      ...quantitySchema('duration', 'Asynchronous wait before each answer'),
      default: defaults.serviceTime,
    },
    cpuTime: { ...quantitySchema('duration', 'CPU spent on each answer'), default: defaults.cpuTime },
    errorShare: { ...quantitySchema('share', 'Share of the answers that are errors'), default: defaults.errorShare },
    status: {
      type: 'integer',
      minimum: 400,
      maximum: 599,
      default: defaults.status,
      description: 'Status of the error share, where the protocol is HTTP',
    },
    leak: { ...quantitySchema('size', 'Memory kept per request'), default: defaults.leak },
    stall: objectSchema(
      {
        every: quantitySchema('duration', 'Time from one stall to the next'),
        for: quantitySchema('duration', 'Time for which answers are held'),
      },
      { required: ['every', 'for'], description: 'Answers are held at the end of each period' },
    ),
    tail: objectSchema(
      {
        share: quantitySchema('share', 'Share of the answers that wait'),
        delay: quantitySchema('duration', 'How long they wait'),
      },
      { required: ['share', 'delay'], description: 'Some answers, by chance, wait before they are sent' },
    ),
    dieAfter: {
      type: 'integer',
      minimum: 0,
      default: defaults.dieAfter,
      description: 'The request of this number ends the process; 0 for never',
    },
    capacity: capacitySchema,
  },
  { description: 'What the built-in server does to every request (or message), /stats and /health excepted' },
)

/** Reads knobs that have passed `knobsSchema`; what is absent is off. */
export function parseKnobs(raw: RawKnobs = {}): Knobs {
  const knobs = { ...defaults, ...raw }
  return {
    serviceTimeNs: durationNs(knobs.serviceTime),
    cpuTimeNs: durationNs(knobs.cpuTime),
    errorShare: shareOf(knobs.errorShare),
    errorStatus: knobs.status,
    leakBytes: sizeBytes(knobs.leak),
    stall: raw.stall && { everyNs: durationNs(raw.stall.every), forNs: durationNs(raw.stall.for) },
    tail: raw.tail && { share: shareOf(raw.tail.share), delayNs: durationNs(raw.tail.delay) },
    dieAfter: knobs.dieAfter,
    capacity: raw.capacity && parseCapacity(raw.capacity),
  }
}

/** A server that only answers. */
export const plainKnobs: Knobs = parseKnobs()
