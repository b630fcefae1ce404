import type { Problem } from '../kernel/errors.ts'
import { type JsonSchema, objectSchema } from '../kernel/json-schema.ts'
import type { ClosedModel, LoadModel } from '../workload/model.ts'
import { parseArrivalRate } from '../kernel/arrival-rate.ts'
import { highest, modelProblems, modelSchema, parseModel, type RawModel } from './load-model.ts'

/** How the target is asked. */
export interface Load {
  /** Of the slices in which throughput is measured, of stress and of ad hoc load. */
  readonly throughput: LoadModel
  /** Of further slices in which latency is measured; null where those of `throughput` serve for both. */
  readonly latency: LoadModel | null
  /** Processes among which the load is shared out. */
  readonly processes: number
}

/** A load as a profile holds it, after the schema's defaults: one model for both, or one for each. */
export type RawLoad = (RawModel | RawModels) & { readonly processes: number }

interface RawModels {
  readonly throughput: RawModel
  readonly latency?: RawModel
}

const processes: JsonSchema = {
  type: 'integer',
  minimum: 1,
  maximum: 64,
  default: 1,
  description: 'Processes that make the load',
}

const description = 'How the target is asked: one load model, or one for throughput and one for latency'

/** Schema of a profile's `load`. */
export const loadSchema: JsonSchema = {
  description,
  if: { type: 'object', anyOf: [{ required: ['throughput'] }, { required: ['latency'] }] },
  then: objectSchema(
    {
      throughput: { ...modelSchema('Load model of throughput, of stress and of ad hoc load'), default: {} },
      latency: modelSchema('Load model of latency'),
      processes,
    },
    { description },
  ),
  else: modelSchema(description, { processes }),
  default: {},
}

/** The models of a load that was not parsed, and where they stand in the profile. */
function modelsOf(raw: RawLoad): readonly { readonly model: RawModel; readonly where: string }[] {
  if (!('throughput' in raw)) return [{ model: raw, where: '/load' }]
  const { throughput, latency } = raw
  return [
    { model: throughput, where: '/load/throughput' },
    ...(latency ? [{ model: latency, where: '/load/latency' }] : []),
  ]
}

/** What the schema cannot say of a load. */
export function loadProblems(raw: RawLoad): Problem[] {
  const models = modelsOf(raw)
  const problems = models.flatMap(({ model, where }) => modelProblems(model, where))
  if (problems.length > 0) return problems
  const parsed = models.map(({ model }) => parseModel(model))
  return [...shareProblems(models), ...processProblems(raw.processes, parsed)]
}

/** A share is one of what closed loops reach. */
function shareProblems(models: ReturnType<typeof modelsOf>): Problem[] {
  const base = models.find(({ model, where }) => where === '/load/throughput' && model.model === 'closed')
  return models.flatMap(({ model, where }) => {
    if (base || model.model === 'closed' || parseArrivalRate(model.rate)?.kind !== 'share') return []
    const message = `found ${model.rate}, allowed: arrivals per second, as there is no closed model at /load/throughput to take a share of`
    return [{ where: `${where}/rate`, message }]
  })
}

/** A process without its part would have nothing to do, or starve. */
function processProblems(found: number, models: readonly LoadModel[]): Problem[] {
  const [least] = models
    .flatMap((model) => [
      model.model === 'closed'
        ? { most: highest(model.workers), part: 'a worker' }
        : { most: model.maxInFlight, part: 'an iteration in flight' },
      { most: model.connections ?? Number.POSITIVE_INFINITY, part: 'a connection' },
      { most: model.iterations ?? Number.POSITIVE_INFINITY, part: 'an iteration' },
    ])
    .toSorted((a, b) => a.most - b.most)
  if (!least || found <= least.most) return []
  const message = `found ${found}, allowed: at most ${least.most}, as each needs ${least.part} of its own`
  return [{ where: '/load/processes', message }]
}

/** Reads a load that has no problems. */
export function parseLoad(raw: RawLoad): Load {
  const [throughput, latency] = modelsOf(raw).map(({ model }) => parseModel(model))
  if (!throughput) throw new TypeError('a load has a model')
  return { throughput, latency: latency ?? null, processes: raw.processes }
}

/** The users of a load that are there from the beginning to the end; null where it is no such load. */
export function steadyWorkers(raw: RawLoad): number | null {
  const model = 'throughput' in raw ? raw.throughput : raw
  const steady = model.model === 'closed' && model.stages.length === 0 && model.iterations === null
  return steady ? model.workers : null
}

/**
 * The model of the stress stage: closed loops, as many as its mode says, that think as those of the load do; where the mode
 * says nothing the throughput model as it is, with its stages and its number of iterations.
 */
export function stressModel({ throughput }: Load, { workers }: { readonly workers: number | null }): LoadModel {
  if (workers === null) return throughput
  const loops: ClosedModel = {
    model: 'closed',
    workers: { from: workers, stages: [] },
    think: { kind: 'none' },
    connections: null,
    iterations: null,
  }
  if (throughput.model === 'open') return loops
  const { think, connections } = throughput
  // As many sockets as users, unless the load itself has fewer than that.
  const scarce = connections !== null && connections < highest(throughput.workers)
  return { ...loops, think, connections: scarce ? connections : null }
}
