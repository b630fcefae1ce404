import { type JsonSchema, objectSchema, quantitySchema } from '../kernel/json-schema.ts'
import { shareOf } from '../kernel/units.ts'

/** Limits on clean load; null where one is switched off. */
export interface Ceilings {
  /** Share of failed operations. */
  readonly errorRate: number | null
  /** Share of operations that something else than the target answered; absent for no limit. */
  readonly degradedRate?: number
  /** Growth of the target's memory in the stress stage, in KiB. */
  readonly rssDeltaKb: number | null
}

/** Ceilings as a profile holds them, after the schema's defaults. */
export interface RawCeilings {
  readonly errorRate: string | number | null
  readonly degradedRate?: string | number
  readonly rssDeltaKb: number | null
}

const errorRate = quantitySchema('share', 'Largest share of failed operations; null for no limit')

/** Schema of a profile's `ceilings`. */
export const ceilingsSchema: JsonSchema = {
  ...objectSchema(
    {
      errorRate: { ...errorRate, anyOf: [...(errorRate['anyOf'] as JsonSchema[]), { type: 'null' }], default: 0.02 },
      degradedRate: quantitySchema(
        'share',
        "Largest share of operations that something else than the target answered, also where a client's policies are measured without a fault; no limit by default",
      ),
      rssDeltaKb: {
        type: ['integer', 'null'],
        minimum: 0,
        default: 131_072,
        description: "Largest growth of the target's memory in the stress stage, in KiB; null for no limit",
      },
    },
    { description: 'Limits on clean load: direct baselines, and stress without a fault' },
  ),
  default: {},
}

/** Reads ceilings that have no problems. */
export function parseCeilings({ errorRate: share, degradedRate, rssDeltaKb }: RawCeilings): Ceilings {
  return {
    errorRate: share === null ? null : shareOf(share),
    ...(degradedRate !== undefined && { degradedRate: shareOf(degradedRate) }),
    rssDeltaKb,
  }
}
