import type { Problem } from '../kernel/errors.ts'
import { type JsonSchema, objectSchema, quantitySchema } from '../kernel/json-schema.ts'
import { durationNs } from '../kernel/units.ts'
import type { ClosedModel, Curve, LoadModel, OpenModel } from '../workload/model.ts'
import { arrivalRateProblem, arrivalRateSchema, parseArrivalRate } from '../kernel/arrival-rate.ts'
import { parsePause, pauseProblems, pauseSchema, type RawPause } from '../workload/pause.ts'

/** Closed loops as a profile holds them, after the schema's defaults. */
interface RawClosed {
  readonly model: 'closed'
  readonly workers: number
  readonly think: RawPause
  readonly stages: readonly { readonly duration: string; readonly workers: number }[]
  readonly connections: number | null
  readonly iterations: number | null
}

/** Arrivals as a profile holds them, after the schema's defaults. */
interface RawOpen {
  readonly model: 'open'
  readonly rate: number | string
  readonly arrival: OpenModel['arrival']
  readonly maxInFlight: number
  readonly stages: readonly { readonly duration: string; readonly rate: number | string }[]
  readonly connections: number | null
  readonly iterations: number | null
}

export type RawModel = RawClosed | RawOpen

/** Above these a typing error is likelier than a wish. */
export const mostWorkers = 10_000
const mostInFlight = 100_000
const mostIterations = 1e12

const model: JsonSchema = {
  enum: ['closed', 'open'],
  default: 'closed',
  description: 'closed: users that each wait for their answer before they ask again; open: arrivals by a schedule',
}

const iterations: JsonSchema = {
  type: ['integer', 'null'],
  minimum: 1,
  maximum: mostIterations,
  default: null,
  description: 'Stress and ad hoc load end after so many iterations; null for no end but the time',
}

function connections(others: string): JsonSchema {
  return {
    type: ['integer', 'null'],
    minimum: 1,
    maximum: mostWorkers,
    default: null,
    description: `Sockets; null for as many as ${others}`,
  }
}

function stages(level: Readonly<Record<string, JsonSchema>>): JsonSchema {
  const duration = quantitySchema('duration', 'How long it takes to get to the level; at 0s it jumps')
  const stage = objectSchema({ duration, ...level }, { required: ['duration', ...Object.keys(level)] })
  return {
    type: 'array',
    items: stage,
    default: [],
    description: 'Changes of the level, each in a straight line, one after the other; the last level stays',
  }
}

const workers: JsonSchema = { type: 'integer', minimum: 0, maximum: mostWorkers }

const closed: Readonly<Record<string, JsonSchema>> = {
  model,
  workers: { ...workers, default: 6, description: 'Users at the beginning, each a closed loop' },
  think: { ...pauseSchema('Pause of a user between two iterations'), default: '0s' },
  stages: stages({ workers: { ...workers, description: 'Users at the end of the stage' } }),
  connections: connections('users'),
  iterations,
}

const open: Readonly<Record<string, JsonSchema>> = {
  model,
  rate: arrivalRateSchema('Arrivals per second at the beginning, or a share of the closed throughput', { share: true }),
  arrival: {
    enum: ['constant', 'poisson'],
    default: 'constant',
    description: 'Evenly spaced arrivals, or a Poisson process',
  },
  maxInFlight: {
    type: 'integer',
    minimum: 1,
    maximum: mostInFlight,
    default: 2000,
    description: 'Iterations in flight at once; an arrival beyond is dropped and counted',
  },
  stages: stages({ rate: arrivalRateSchema('Arrivals per second at the end of the stage', { share: false }) }),
  connections: connections('iterations in flight'),
  iterations,
}

/** Schema of a load model; `beside` are keys that stand beside its own. */
export function modelSchema(description: string, beside: Readonly<Record<string, JsonSchema>> = {}): JsonSchema {
  const isOpen = { type: 'object', properties: { model: { const: 'open' } }, required: ['model'] }
  return {
    description,
    // A model of another name is told as such, and nothing else of it.
    properties: { model: { enum: model['enum'], description: model['description'] } },
    allOf: [
      { if: isOpen, then: objectSchema({ ...open, ...beside }, { required: ['rate'], description }) },
      {
        if: { properties: { model: { const: 'closed' } } },
        then: objectSchema({ ...closed, ...beside }, { description }),
      },
    ],
  }
}

/** What the schema cannot say of a load model. */
export function modelProblems(raw: RawModel, where: string): Problem[] {
  return raw.model === 'closed' ? closedProblems(raw, where) : openProblems(raw, where)
}

function closedProblems(raw: RawClosed, where: string): Problem[] {
  const idle = highest(parseClosed(raw).workers) === 0
  return [
    ...(idle ? [{ where: `${where}/workers`, message: 'found 0, allowed: at least 1, here or in a stage' }] : []),
    ...pauseProblems(raw.think, `${where}/think`),
  ]
}

function openProblems(raw: RawOpen, where: string): Problem[] {
  const rates = [
    { rate: raw.rate, pointer: `${where}/rate` },
    ...raw.stages.map(({ rate }, index) => ({ rate, pointer: `${where}/stages/${index}/rate` })),
  ]
  const wrong = rates.flatMap(({ rate, pointer }) => {
    const message = arrivalRateProblem(rate)
    return message === null ? [] : [{ where: pointer, message }]
  })
  if (wrong.length > 0) return wrong
  const { rate } = parseOpen(raw)
  if (rate.kind === 'share') {
    const message = `found stages beside a rate of ${raw.rate}, allowed: stages of arrivals per second`
    return raw.stages.length === 0 ? [] : [{ where: `${where}/stages`, message }]
  }
  if (highest(rate.perSecond) > 0) return []
  return [{ where: `${where}/rate`, message: `found ${raw.rate}, allowed: more than 0, here or in a stage` }]
}

/** The highest level of a curve. */
export function highest({ from, stages: later }: Curve): number {
  return Math.max(from, ...later.map(({ to }) => to))
}

/** Reads a model that has no problems. */
export function parseModel(raw: RawModel): LoadModel {
  return raw.model === 'closed' ? parseClosed(raw) : parseOpen(raw)
}

function parseClosed({
  workers: from,
  think,
  stages: later,
  connections: sockets,
  iterations: count,
}: RawClosed): ClosedModel {
  return {
    model: 'closed',
    workers: { from, stages: later.map((stage) => ({ durationNs: durationNs(stage.duration), to: stage.workers })) },
    think: parsePause(think),
    connections: sockets,
    iterations: count,
  }
}

function parseOpen(raw: RawOpen): OpenModel {
  const rate = parseArrivalRate(raw.rate)
  return {
    model: 'open',
    rate:
      rate?.kind === 'share'
        ? rate
        : {
            kind: 'absolute',
            perSecond: {
              from: perSecond(raw.rate),
              stages: raw.stages.map((stage) => ({
                durationNs: durationNs(stage.duration),
                to: perSecond(stage.rate),
              })),
            },
          },
    arrival: raw.arrival,
    maxInFlight: raw.maxInFlight,
    connections: raw.connections,
    iterations: raw.iterations,
  }
}

function perSecond(raw: number | string): number {
  const rate = parseArrivalRate(raw)
  return rate?.kind === 'absolute' ? rate.perSecond : Number.NaN
}
