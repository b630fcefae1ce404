import type { JsonSchema } from '../kernel/json-schema.ts'

/** A schema for every key of a type, so that the compiler tells when one is missing. */
type SchemaOf<Shape> = { readonly [Key in keyof Required<Shape>]: JsonSchema }

/** Schema of an object: all keys but the optional ones are required, and further ones may come within a major version. */
export function shape<Shape>(properties: SchemaOf<Shape>, optional: readonly (keyof Shape)[] = []): JsonSchema {
  const required = Object.keys(properties).filter((key) => !optional.includes(key as keyof Shape))
  return { type: 'object', properties, required }
}

/** The schema, or null. An `if` tells what is wrong inside of the object, where an `anyOf` would only say that it is. */
export function orNull(schema: JsonSchema): JsonSchema {
  return { if: { type: 'null' }, else: schema }
}

/** Schema of a list. */
export function listOf(items: JsonSchema): JsonSchema {
  return { type: 'array', items }
}

/** Schema of an object whose keys are names. */
export function mapOf(values: JsonSchema): JsonSchema {
  return { type: 'object', additionalProperties: values }
}

export const text: JsonSchema = { type: 'string' }
export const textOrNull: JsonSchema = { type: ['string', 'null'] }
export const number: JsonSchema = { type: 'number' }
export const numberOrNull: JsonSchema = { type: ['number', 'null'] }
export const count: JsonSchema = { type: 'integer', minimum: 0 }
export const integerOrNull: JsonSchema = { type: ['integer', 'null'] }
export const flag: JsonSchema = { type: 'boolean' }
export const texts: JsonSchema = listOf(text)

/** Schema of one of a few texts, null among them where it is named. */
export function oneOf(...values: readonly (string | null)[]): JsonSchema {
  return { enum: values }
}
