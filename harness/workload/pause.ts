import type { Problem } from '../kernel/errors.ts'
import { type JsonSchema, objectSchema, quantitySchema } from '../kernel/json-schema.ts'
import { durationNs } from '../kernel/units.ts'
import type { Pause } from './workload.ts'

/** A pause as a profile holds it. */
export type RawPause = string | { readonly uniform?: readonly [string, string]; readonly exponential?: string }

/** Schema of a pause or think time. */
export function pauseSchema(description: string): JsonSchema {
  return {
    description: `${description}: a duration, { "uniform": [from, to] } or { "exponential": mean }`,
    if: { type: 'object' },
    then: {
      ...objectSchema(
        {
          uniform: {
            type: 'array',
            items: quantitySchema('duration', 'A bound'),
            minItems: 2,
            maxItems: 2,
            description: 'The shortest and the longest, evenly distributed',
          },
          exponential: quantitySchema('duration', 'The mean of an exponential distribution'),
        },
        { description: 'uniform or exponential' },
      ),
      minProperties: 1,
      dependencies: { uniform: { properties: { exponential: false } } },
    },
    else: quantitySchema('duration', description),
  }
}

/** What the schema cannot say of a pause at a pointer. */
export function pauseProblems(raw: RawPause, where: string): Problem[] {
  if (typeof raw === 'string' || !raw.uniform) return []
  const [from, to] = raw.uniform
  if (durationNs(from) <= durationNs(to)) return []
  return [{ where: `${where}/uniform`, message: `found ${from} to ${to}, allowed: the shorter one first` }]
}

/** Reads a pause that has no problems; no time at all is none. */
export function parsePause(raw: RawPause | undefined): Pause {
  if (raw === undefined) return { kind: 'none' }
  if (typeof raw === 'string') return fixed(durationNs(raw))
  if (raw.uniform) {
    const [from, to] = raw.uniform
    return from === to ? fixed(durationNs(from)) : { kind: 'uniform', fromNs: durationNs(from), toNs: durationNs(to) }
  }
  const meanNs = durationNs(raw.exponential)
  return meanNs === 0 ? { kind: 'none' } : { kind: 'exponential', meanNs }
}

function fixed(ns: number): Pause {
  return ns === 0 ? { kind: 'none' } : { kind: 'fixed', ns }
}
