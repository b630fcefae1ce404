import { isRecord, type JsonObject } from '../../kernel/json.ts'
import type { Notes } from './imported.ts'
import type { References } from './openapi-references.ts'

/** Schemas nested deeper than this have no example. */
const deepest = 8

/** The schemas that one lies in: the reference that led to each, or null. */
type Way = readonly (string | null)[]

/** What examples are made with. */
export interface ExampleContext {
  readonly references: References
  readonly notes: Notes
}

/** The value that a parameter or a media type gives as its example, else one of its schema; undefined where there is none. */
export function exampleOf(holder: JsonObject, context: ExampleContext): unknown {
  const given = givenExample(holder, context)
  if (given !== undefined) return given
  return schemaExample(holder['schema'], context)
}

/** An example that is written down: `example`, or the first of `examples`. */
export function givenExample(holder: JsonObject, { references, notes }: ExampleContext): unknown {
  if ('example' in holder) return holder['example']
  const { examples } = holder
  if (!isRecord(examples)) return undefined
  const first = references.follow(Object.values(examples)[0])
  if (first && 'externalValue' in first) notes.add(`left out an example that lies at ${String(first['externalValue'])}`)
  return first?.['value']
}

/** An example of a schema: what it says of itself, else the simplest value of its type. One that lies in itself has none. */
function schemaExample(raw: unknown, context: ExampleContext, outer: Way = []): unknown {
  const reference = isRecord(raw) && typeof raw['$ref'] === 'string' ? raw['$ref'] : null
  if (outer.length > deepest || (reference !== null && outer.includes(reference))) return undefined
  const way = [...outer, reference]
  const schema = context.references.follow(raw)
  if (!schema) return undefined
  const said = saidExample(schema)
  if (said !== undefined) return said
  const { allOf, oneOf, anyOf } = schema
  if (Array.isArray(allOf)) return merged(schema, allOf, context, way)
  const first = [oneOf, anyOf].find(Array.isArray) as readonly unknown[] | undefined
  if (first && first.length > 0) return schemaExample(first[0], context, way)
  return typeExample(schema, context, way)
}

/** What a schema itself gives: an example, its default, the only value or the first of all values. */
function saidExample({ example, examples, default: standard, const: only, enum: values }: JsonObject): unknown {
  if (example !== undefined) return example
  if (Array.isArray(examples) && examples.length > 0) return examples[0]
  if (standard !== undefined) return standard
  if (only !== undefined) return only
  return Array.isArray(values) ? values.find((value) => value !== null) : undefined
}

/** All parts of an `allOf`, and what stands beside it. */
function merged(schema: JsonObject, parts: readonly unknown[], context: ExampleContext, way: Way): unknown {
  const { allOf: _, ...own } = schema
  const examples = [...parts, ...(Object.keys(own).length > 0 ? [own] : [])].map((part) =>
    schemaExample(part, context, way),
  )
  const objects = examples.filter(isRecord)
  if (objects.length > 0) return Object.assign({}, ...objects) as JsonObject
  return examples.find((example) => example !== undefined)
}

function typeExample(schema: JsonObject, context: ExampleContext, way: Way): unknown {
  switch (typeOf(schema)) {
    case 'object':
      return objectExample(schema, context, way)
    case 'array':
      return arrayExample(schema, context, way)
    case 'string':
      return stringExample(schema, context)
    case 'integer':
    case 'number':
      return numberExample(schema)
    case 'boolean':
      return true
    default:
      return undefined
  }
}

/** The first type that is not null (3.1 has lists of them); where none is named, what its keywords are for. */
function typeOf({ type, properties, items }: JsonObject): unknown {
  const named = Array.isArray(type) ? type.find((one) => one !== 'null') : type
  return named ?? (properties ? 'object' : items ? 'array' : undefined)
}

/** All properties that may be sent and have an example. */
function objectExample({ properties }: JsonObject, context: ExampleContext, way: Way): JsonObject {
  const entries = Object.entries(isRecord(properties) ? properties : {}).flatMap(([name, property]) => {
    if (context.references.follow(property)?.['readOnly'] === true) return []
    const value = schemaExample(property, context, way)
    return value === undefined ? [] : [[name, value] as const]
  })
  return Object.fromEntries(entries)
}

function arrayExample({ items, minItems }: JsonObject, context: ExampleContext, way: Way): unknown[] {
  const value = schemaExample(items, context, way)
  const count = typeof minItems === 'number' ? Math.min(Math.max(minItems, 1), 100) : 1
  return value === undefined ? [] : Array.from({ length: count }, () => value)
}

const formats: Readonly<Record<string, string>> = {
  date: '2024-01-01',
  'date-time': '2024-01-01T00:00:00Z',
  time: '00:00:00Z',
  duration: 'PT1S',
  email: 'user@example.org',
  hostname: 'example.org',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uri: 'http://example.org/',
  url: 'http://example.org/',
  uuid: '00000000-0000-4000-8000-000000000000',
  byte: 'AAEC',
}

function stringExample({ format, pattern, minLength = 0, maxLength }: JsonObject, { notes }: ExampleContext): string {
  const text = (typeof format === 'string' ? formats[format] : undefined) ?? 'string'
  if (typeof pattern === 'string' && !matches(pattern, text))
    notes.add(`a text made up for the pattern ${pattern} does not match it: give an example`)
  const least = typeof minLength === 'number' ? Math.min(minLength, 10_000) : 0
  return text.padEnd(least, 'x').slice(0, typeof maxLength === 'number' ? maxLength : undefined)
}

function matches(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(text)
  } catch {
    return false
  }
}

/** The least number that is allowed, else 1. In 3.0 `exclusiveMinimum` is true or false, in 3.1 a number. */
function numberExample({ minimum, maximum, exclusiveMinimum, multipleOf }: JsonObject): number {
  const unit = typeof multipleOf === 'number' && multipleOf > 0 ? multipleOf : 1
  const bound =
    typeof exclusiveMinimum === 'number' ? exclusiveMinimum : typeof minimum === 'number' ? minimum : undefined
  if (bound === undefined) return typeof maximum === 'number' ? Math.min(unit, maximum) : unit
  const least = Math.ceil(bound / unit) * unit
  const excluded = typeof exclusiveMinimum === 'number' || exclusiveMinimum === true
  return excluded && least === bound ? least + unit : least
}
