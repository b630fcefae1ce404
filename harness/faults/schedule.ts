import { type JsonSchema, objectSchema, quantitySchema } from '../kernel/json-schema.ts'
import { durationNs } from '../kernel/units.ts'

/**
 * When a rule acts, on the run's clock: counted from the origin that the conductor gives (the start of a slice, or of a
 * stress segment), never from a call or a connection.
 */
export interface Schedule {
  /** Not before, and for how long from then; Infinity for ever. */
  readonly fromNs: number
  readonly forNs: number
  /** The shape within that time. */
  readonly shape:
    | { readonly kind: 'constant' }
    /** From nothing to full strength over this time, and full from then on. */
    | { readonly kind: 'ramp'; readonly rampNs: number }
    /** On for the first `durationNs` of each cycle. */
    | { readonly kind: 'spike'; readonly everyNs: number; readonly durationNs: number }
    /** On first. */
    | { readonly kind: 'flapping'; readonly onNs: number; readonly offNs: number }
}

/** A schedule as a profile holds it. */
interface RawSchedule {
  readonly from?: string
  readonly for?: string
  readonly ramp?: string
  readonly spike?: { readonly every: string; readonly duration: string }
  readonly flapping?: { readonly on: string; readonly off: string }
}

/** Schema of a rule's `schedule`. */
export const scheduleSchema: JsonSchema = {
  ...objectSchema(
    {
      from: quantitySchema('duration', 'not before this time of the slice or segment; absent: from its beginning'),
      for: quantitySchema('duration', 'for so long from then; absent: to the end'),
      ramp: quantitySchema('duration', 'from nothing to full strength over this time'),
      spike: objectSchema(
        {
          every: quantitySchema('duration', 'length of a cycle'),
          duration: quantitySchema('duration', 'on for so long at the beginning of each cycle'),
        },
        { required: ['every', 'duration'], description: 'On at the beginning of each cycle' },
      ),
      flapping: objectSchema(
        {
          on: quantitySchema('duration', 'on for so long, first'),
          off: quantitySchema('duration', 'off for so long, after that'),
        },
        { required: ['on', 'off'], description: 'On and off by turns' },
      ),
    },
    { description: 'When the rule acts, counted from the start of the slice or stress segment; absent: always' },
  ),
  minProperties: 1,
}

/** Reads a schedule that the schema let pass. Throws RangeError where it has several shapes, or would never be on. */
export function parseSchedule(raw: unknown): Schedule {
  const { from = '0s', for: length, ...shape } = raw as RawSchedule
  const kinds = Object.keys(shape)
  if (kinds.length > 1) throw new RangeError(`found ${kinds.join(' and ')}, allowed: one of ramp, spike, flapping`)
  const forNs = length === undefined ? Number.POSITIVE_INFINITY : durationNs(length)
  if (forNs === 0) throw new RangeError(`found for ${length}, allowed: more than 0`)
  return { fromNs: durationNs(from), forNs, shape: parseShape(shape) }
}

function parseShape({ ramp, spike, flapping }: RawSchedule): Schedule['shape'] {
  if (ramp !== undefined) {
    const rampNs = durationNs(ramp)
    if (rampNs === 0) throw new RangeError(`found ramp ${ramp}, allowed: more than 0`)
    return { kind: 'ramp', rampNs }
  }
  if (spike !== undefined) {
    const everyNs = durationNs(spike.every)
    const durationOnNs = durationNs(spike.duration)
    if (durationOnNs === 0 || durationOnNs > everyNs) {
      throw new RangeError(
        `found spike duration ${spike.duration} every ${spike.every}, allowed: a duration over 0, at most every`,
      )
    }
    return { kind: 'spike', everyNs, durationNs: durationOnNs }
  }
  if (flapping !== undefined) {
    const onNs = durationNs(flapping.on)
    if (onNs === 0) throw new RangeError(`found flapping on ${flapping.on}, allowed: more than 0`)
    return { kind: 'flapping', onNs, offNs: durationNs(flapping.off) }
  }
  return { kind: 'constant' }
}

/** The part of each cycle that is on, and the whole of it; a shape without cycles has one that is on for ever. */
function cycleOf(shape: Schedule['shape']): { readonly onNs: number; readonly periodNs: number } {
  const forEver = Number.POSITIVE_INFINITY
  if (shape.kind === 'spike' && shape.durationNs < shape.everyNs) {
    return { onNs: shape.durationNs, periodNs: shape.everyNs }
  }
  if (shape.kind === 'flapping' && shape.offNs > 0) return { onNs: shape.onNs, periodNs: shape.onNs + shape.offNs }
  return { onNs: forEver, periodNs: forEver }
}

/** Where in its cycle a time is that is not Infinity. */
const phaseOf = (sinceNs: number, periodNs: number): number =>
  periodNs === Number.POSITIVE_INFINITY ? sinceNs : sinceNs % periodNs

/**
 * How strong a rule is at a time, in [0, 1]; 0 only where it is off: a ramp is over 0 from its first moment, so that
 * on and off are the same for all shapes. A rule without a schedule (null) is always on.
 */
export function strengthAt(schedule: Schedule | null, elapsedNs: number): number {
  if (schedule === null) return 1
  const { fromNs, forNs, shape } = schedule
  const sinceNs = elapsedNs - fromNs
  if (sinceNs < 0 || sinceNs >= forNs) return 0
  if (shape.kind === 'ramp') return Math.min(1, Math.max(1, sinceNs) / shape.rampNs)
  const { onNs, periodNs } = cycleOf(shape)
  return phaseOf(sinceNs, periodNs) < onNs ? 1 : 0
}

/** The first time after `elapsedNs` at which a rule goes on or off; Infinity for never. */
export function nextEdgeNs(schedule: Schedule | null, elapsedNs: number): number {
  if (schedule === null) return Number.POSITIVE_INFINITY
  const { fromNs, forNs, shape } = schedule
  const sinceNs = elapsedNs - fromNs
  if (sinceNs < 0) return fromNs
  if (sinceNs >= forNs) return Number.POSITIVE_INFINITY
  const { onNs, periodNs } = cycleOf(shape)
  if (periodNs === Number.POSITIVE_INFINITY) return fromNs + forNs
  const startNs = fromNs + sinceNs - phaseOf(sinceNs, periodNs)
  const edgeNs = startNs + (elapsedNs < startNs + onNs ? onNs : periodNs)
  // In an off time nothing changes at the end of it all.
  if (edgeNs < fromNs + forNs) return edgeNs
  return strengthAt(schedule, elapsedNs) > 0 ? fromNs + forNs : Number.POSITIVE_INFINITY
}

/** Mean strength from one time to a later one, in [0, 1]: what a slice sees of a rule. */
export function dutyShare(schedule: Schedule | null, fromNs: number, toNs: number): number {
  if (schedule === null) return 1
  return (fullNs(schedule, toNs) - fullNs(schedule, fromNs)) / (toNs - fromNs)
}

/** The time at full strength that does as much as all strength up to `elapsedNs`: the integral of `strengthAt`. */
function fullNs({ fromNs, forNs, shape }: Schedule, elapsedNs: number): number {
  const sinceNs = Math.min(Math.max(0, elapsedNs - fromNs), forNs)
  if (shape.kind === 'ramp') {
    const rising = Math.min(sinceNs, shape.rampNs)
    return rising ** 2 / (2 * shape.rampNs) + sinceNs - rising
  }
  const { onNs, periodNs } = cycleOf(shape)
  if (periodNs === Number.POSITIVE_INFINITY) return sinceNs
  return Math.floor(sinceNs / periodNs) * onNs + Math.min(onNs, sinceNs % periodNs)
}
