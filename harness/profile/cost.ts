import type { Problem } from '../kernel/errors.ts'
import { type JsonSchema, objectSchema, quantitySchema } from '../kernel/json-schema.ts'
import { shareOf } from '../kernel/units.ts'

/** What a policy of the client may take away, without any fault, before the gate holds it against the policy. */
export interface PolicyCost {
  /** The share of the baseline's throughput that it may take away; below 1. */
  readonly throughput: number
  /** The share of the baseline's latency that it may add, more than 1 allowed; null for what the loss of throughput implies. */
  readonly latency: number | null
  /** The share of the operations that it may refuse. */
  readonly errors: number
}

/** The same as a profile holds it. */
export interface RawCost {
  readonly throughput?: string | number
  readonly latency?: string
  readonly errors?: string | number
}

/** Schema of a policy's `cost`. */
export const costSchema: JsonSchema = objectSchema(
  {
    throughput: quantitySchema('share', 'Of the throughput of the baseline it may take away so much'),
    latency: {
      type: 'string',
      pattern: '^(\\d+(\\.\\d+)?|\\.\\d+)\\s*%$',
      description:
        'To the latency of the baseline it may add so much ("50%", or more than "100%"); absent: as much as the loss of throughput makes it wait in a closed loop',
    },
    errors: quantitySchema('share', 'Of the operations it may refuse so many more than the baseline fails'),
  },
  { description: 'What the client policy may cost without a fault; the gate counts from there' },
)

/** What the schema cannot say of a policy's cost. */
export function costProblems({ throughput }: RawCost, where: string): Problem[] {
  if (throughput === undefined || shareOf(throughput) < 1) return []
  return [{ where: `${where}/throughput`, message: `found ${throughput}, allowed: less than 100%` }]
}

/** Reads a cost that has no problems; what is not said is nothing. */
export function parseCost({ throughput = 0, latency, errors = 0 }: RawCost): PolicyCost {
  return {
    throughput: shareOf(throughput),
    latency: latency === undefined ? null : Number.parseFloat(latency) / 100,
    errors: shareOf(errors),
  }
}
