import { type JsonSchema, objectSchema } from '../kernel/json-schema.ts'

/** Where a target tells how many requests it has served. */
export type StatsSettings =
  | { readonly kind: 'none' }
  | { readonly kind: 'pointer'; readonly path: string; readonly pointer: string }
  | { readonly kind: 'pattern'; readonly path: string; readonly pattern: string }

/** The same as a profile holds it. */
export type RawStats =
  | 'none'
  | { readonly path: string; readonly pointer: string }
  | { readonly path: string; readonly pattern: string }

const path = { type: 'string', pattern: '^/', description: 'Path of the status page' }
const pointer = {
  type: 'string',
  pattern: '^(/([^~/]|~[01])*)*$',
  description: 'JSON pointer of the number of requests (/requests)',
}
const pattern = { type: 'string', minLength: 1, description: 'Regular expression whose one group is that number' }

/** JSON Schema of `stats`. */
export const statsSchema: JsonSchema = {
  description: 'Where the target tells how many requests it has served, or "none"',
  if: { type: 'object' },
  then: {
    ...objectSchema({ path, pointer, pattern }, { required: ['path'] }),
    if: { required: ['pattern'] },
    then: { properties: { pointer: false } },
    else: { required: ['pointer'] },
  },
  else: { const: 'none' },
}

/** Reads `stats` that has passed the schema. */
export function parseStats(raw: RawStats): StatsSettings {
  if (raw === 'none') return { kind: 'none' }
  return 'pointer' in raw ? { kind: 'pointer', ...raw } : { kind: 'pattern', ...raw }
}
