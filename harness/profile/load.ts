import type { Problem } from '../kernel/errors.ts'
import { type JsonSchema, objectSchema } from '../kernel/json-schema.ts'

/** How hard the target is asked outside of stress. */
export interface Load {
  readonly model: 'closed'
  /** Closed loops: each waits for its answer before it asks again. */
  readonly workers: number
  /** Sockets, shared by the workers. */
  readonly connections: number
  /** Processes among which the workers are shared out. */
  readonly processes: number
}

/** A load as a profile holds it, after the schema's defaults. */
export interface RawLoad extends Omit<Load, 'connections'> {
  readonly connections?: number
}

/** Above this a typing error is likelier than a wish. */
export const mostWorkers = 10_000

/** Schema of a profile's `load`. */
export const loadSchema: JsonSchema = {
  ...objectSchema(
    {
      model: {
        enum: ['closed'],
        default: 'closed',
        description: 'Closed loops: an operation starts when the one before has ended',
      },
      workers: { type: 'integer', minimum: 1, maximum: mostWorkers, default: 6, description: 'Closed loops' },
      connections: {
        type: 'integer',
        minimum: 1,
        maximum: mostWorkers,
        description: 'Sockets shared by the workers; as many as workers when absent',
      },
      processes: { type: 'integer', minimum: 1, maximum: 64, default: 1, description: 'Processes that make the load' },
    },
    { description: 'How hard the target is asked outside of stress' },
  ),
  default: {},
}

/** What the schema cannot say of a load. */
export function loadProblems({ workers, connections = workers, processes }: RawLoad): Problem[] {
  // A process without a loop or without a socket of its own would have nothing to do, or starve.
  const most = Math.min(workers, connections)
  if (processes <= most) return []
  const message = `found ${processes}, allowed: at most ${most}, as each needs a worker and a connection of its own`
  return [{ where: '/load/processes', message }]
}

/** Reads a load that has no problems. */
export function parseLoad({ model, workers, connections = workers, processes }: RawLoad): Load {
  return { model, workers, connections, processes }
}
