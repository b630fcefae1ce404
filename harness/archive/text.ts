import type { JsonSchema } from '../kernel/json-schema.ts'
import { significant } from '../kernel/units.ts'
import type { Result } from './result.ts'
import { resultSchema } from './schema.ts'

/**
 * A copy with every fraction rounded to six significant digits; whole numbers are kept whole. What the user configured
 * is not rounded. Judge the copy: then a verdict can be recomputed from the file.
 */
export function roundNumbers(result: Result): Result {
  const { config, ...measured } = result
  return { ...(rounded(measured) as typeof measured), config }
}

/** The same for any value made of lists, objects and numbers. */
export function rounded(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? value : significant(value)
  if (Array.isArray(value)) return value.map(rounded)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rounded(item)]))
}

/** The text of a result file: numbers rounded, keys in the order of the schema. */
export function resultText(result: Result): string {
  return `${JSON.stringify(ordered(roundNumbers(result), resultSchema), null, 1)}\n`
}

/** Keys that the schema names come first and in its order, the others after them as they came. */
function ordered(value: unknown, schema: JsonSchema | undefined): unknown {
  if (Array.isArray(value)) return value.map((item) => ordered(item, part(schema, 'items')))
  if (typeof value !== 'object' || value === null) return value
  const alternative = part(schema, 'else') ?? schema
  const properties = part(alternative, 'properties') ?? {}
  const others = part(alternative, 'additionalProperties')
  const object = value as Readonly<Record<string, unknown>>
  const keys = new Set([...Object.keys(properties).filter((key) => Object.hasOwn(object, key)), ...Object.keys(object)])
  return Object.fromEntries([...keys].map((key) => [key, ordered(object[key], part(properties, key) ?? others)]))
}

function part(schema: JsonSchema | undefined, key: string): JsonSchema | undefined {
  const value = schema && Object.hasOwn(schema, key) ? schema[key] : undefined
  return typeof value === 'object' && value !== null ? (value as JsonSchema) : undefined
}
