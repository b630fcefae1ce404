import type { Framing } from '../../kernel/framing.ts'
import { type JsonSchema, objectSchema, quantitySchema } from '../../kernel/json-schema.ts'
import { sizeBytes } from '../../kernel/units.ts'

/** A framing as a profile holds it. */
export type RawFraming =
  | 'line'
  | { readonly line: string }
  | { readonly lengthPrefixed: 1 | 2 | 4 }
  | { readonly fixed: string }

/** JSON Schema of `framing`; an object has one of the three keys. */
export const framingSchema: JsonSchema = {
  description: 'How messages are told apart: "line" (ended by a line feed), or one of line, lengthPrefixed and fixed',
  default: 'line',
  if: { type: 'object' },
  then: {
    ...objectSchema({
      line: { type: 'string', minLength: 1, description: 'Text that ends each message, such as "\\r\\n"' },
      lengthPrefixed: { enum: [1, 2, 4], description: 'Bytes of the big-endian length before each message' },
      fixed: quantitySchema('size', 'Size of each message'),
    }),
    anyOf: [{ required: ['line'] }, { required: ['lengthPrefixed'] }, { required: ['fixed'] }],
    dependencies: {
      line: { properties: { lengthPrefixed: false, fixed: false } },
      lengthPrefixed: { properties: { fixed: false } },
    },
  },
  else: { enum: ['line'], description: 'or an object with line, lengthPrefixed or fixed' },
}

/** Reads a `framing` that has passed `framingSchema`; a line feed ends each message where nothing is said. */
export function parseFraming(raw: RawFraming = 'line'): Framing {
  if (raw === 'line') return { kind: 'line', delimiter: '\n' }
  if ('line' in raw) return { kind: 'line', delimiter: raw.line }
  if ('lengthPrefixed' in raw) return { kind: 'length-prefixed', prefixBytes: raw.lengthPrefixed }
  return { kind: 'fixed', sizeBytes: sizeBytes(raw.fixed) }
}
