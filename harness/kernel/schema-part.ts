import { isRecord } from './json.ts'
import type { JsonSchema } from './json-schema.ts'

/** The keys of a document's objects, at any depth: what a schema says of others cannot matter to it. */
export function keysIn(document: unknown, keys: Set<string> = new Set()): Set<string> {
  if (Array.isArray(document)) for (const item of document) keysIn(item, keys)
  else if (isRecord(document)) {
    for (const [key, value] of Object.entries(document)) {
      keys.add(key)
      keysIn(value, keys)
    }
  }
  return keys
}

/** The keys that the defaults of a schema bring into documents: of properties that have one, and those in it. */
export function keysOfDefaults(schema: unknown, keys: Set<string> = new Set()): Set<string> {
  if (Array.isArray(schema)) for (const item of schema) keysOfDefaults(item, keys)
  else if (isRecord(schema)) {
    for (const [name, value] of Object.entries(schema)) {
      if (name === 'default') keysIn(value, keys)
      else if (isRecord(value) && 'default' in value) keys.add(name)
      keysOfDefaults(value, keys)
    }
  }
  return keys
}

/**
 * A schema that checks a document as this one does, and fills in the same defaults, as long as the document has no other
 * keys than these: what is said of the other properties is left out, but for their names and descriptions, which messages
 * tell.
 */
export function partOf(schema: JsonSchema, keys: ReadonlySet<string>): JsonSchema {
  return Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => [
      keyword,
      keyword === 'properties' && isRecord(value) ? propertiesOf(value, keys) : partOfValue(keyword, value, keys),
    ]),
  )
}

function propertiesOf(properties: Readonly<Record<string, unknown>>, keys: ReadonlySet<string>): JsonSchema {
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [
      name,
      !isRecord(schema) ? schema : keys.has(name) ? partOf(schema, keys) : described(schema),
    ]),
  )
}

function described({ description }: JsonSchema): JsonSchema {
  return description === undefined ? {} : { description }
}

/** Keywords whose values are data, not schemas. */
const data = new Set(['default', 'enum', 'const', 'examples', 'required'])

function partOfValue(keyword: string, value: unknown, keys: ReadonlySet<string>): unknown {
  if (data.has(keyword)) return value
  if (Array.isArray(value)) return value.map((item) => (isRecord(item) ? partOf(item, keys) : item))
  return isRecord(value) ? partOf(value, keys) : value
}
