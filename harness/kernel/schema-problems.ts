import type { ErrorObject } from 'ajv'
import type { Problem } from './errors.ts'
import type { JsonSchema } from './json-schema.ts'
import { parseQuantity, type QuantityName } from './units.ts'
import { found, isRecord, step } from './json.ts'
import { didYouMean, nearest, quoted } from './suggest.ts'

/** An error of ajv, made with `verbose`. */
type SchemaError = ErrorObject<string, Readonly<Record<string, unknown>>>

/** Errors that only say that a part of a schema failed, whose own errors are there too. */
const composite = ['if', 'not', 'oneOf', 'propertyNames']

/** Says each of ajv's errors once: where, what was found, what is allowed, and what was probably meant. */
export function schemaProblems(errors: readonly ErrorObject[]): Problem[] {
  const own = (errors as readonly SchemaError[]).filter(
    // The alternatives of an anyOf are told by the anyOf itself.
    ({ keyword, schemaPath }) => !composite.includes(keyword) && !/\/(anyOf|oneOf|not)\//u.test(schemaPath),
  )
  const meant = new Set(own.filter(({ keyword }) => keyword === 'additionalProperties').flatMap(meantKey))
  const problems = own
    .filter((error) => error.keyword !== 'required' || !meant.has(pointerOf(error)))
    .flatMap((error) => {
      const message = messageOf(error)
      return message === undefined ? [] : [{ where: pointerOf(error), message }]
    })
  const unique = new Map(problems.map((problem) => [`${problem.where}\n${problem.message}`, problem]))
  return [...unique.values()]
}

function pointerOf({ instancePath, keyword, params }: SchemaError): string {
  const key = keyword === 'required' ? params['missingProperty'] : params['additionalProperty']
  return typeof key === 'string' ? instancePath + step(key) : instancePath
}

function schemaOf(error: SchemaError): JsonSchema {
  return isRecord(error.parentSchema) ? error.parentSchema : {}
}

function keysOf({ properties }: JsonSchema): string[] {
  return isRecord(properties) ? Object.keys(properties) : []
}

/** The place of the key that an unknown one was probably meant to be: it need not be reported as missing too. */
function meantKey(error: SchemaError): string[] {
  const key = nearest(String(error.params['additionalProperty']), keysOf(schemaOf(error)))
  return key === undefined ? [] : [error.instancePath + step(key)]
}

function messageOf(error: SchemaError): string | undefined {
  const { keyword, data, params } = error
  const schema = schemaOf(error)
  const quantity = schema['quantity']
  if (quantity !== undefined) return quantityMessage(quantity as QuantityName, schema, data)
  switch (keyword) {
    case 'additionalProperties': {
      const key = String(params['additionalProperty'])
      return `found an unknown key ${JSON.stringify(key)}, allowed: ${keysOf(schema).join(', ')}${didYouMean(key, keysOf(schema))}`
    }
    case 'required': {
      const { properties } = schema
      const property = isRecord(properties) ? properties[String(params['missingProperty'])] : undefined
      return `found nothing, required${describe(isRecord(property) ? property : {})}`
    }
    case 'enum':
    case 'const': {
      const values = (keyword === 'enum' ? params['allowedValues'] : [params['allowedValue']]) as readonly unknown[]
      const hint = didYouMean(
        String(data),
        values.filter((value) => typeof value === 'string'),
      )
      return `found ${found(data)}, allowed: ${values.map((value) => JSON.stringify(value)).join(', ')}${describe(schema)}${hint}`
    }
    case 'anyOf':
      return alternativesMessage(schema, data)
    case 'false schema':
      return `found ${found(data)}, allowed: nothing beside the other settings here`
    case 'pattern':
      return `found ${found(data)}, allowed: ${formOf(schema, String(params['pattern']))}${describe(schema)}`
    case 'maxProperties':
      return `found ${quoted(Object.keys(data as object))}, allowed: ${allowedBy(schema, error)}${describe(schema)}`
    default:
      return `found ${found(data)}, allowed: ${allowedBy(schema, error)}${describe(schema)}`
  }
}

/** A pattern in words, where the schema has any. */
function formOf({ title }: JsonSchema, pattern: string): string {
  return typeof title === 'string' ? title : `text of the form ${pattern}`
}

/** The units decide; the schema's pattern serves editors, and is stricter about spaces and capitals. */
function quantityMessage(name: QuantityName, { anyOf }: JsonSchema, data: unknown): string | undefined {
  const parsed = parseQuantity(name, data)
  if ('value' in parsed) return undefined
  const nullable = Array.isArray(anyOf) && anyOf.some((branch: JsonSchema) => branch['type'] === 'null')
  const message = typeof data === 'object' ? parsed.problem.replace(JSON.stringify(data), found(data)) : parsed.problem
  return nullable ? `${message}, or null` : message
}

function alternativesMessage({ anyOf }: JsonSchema, data: unknown): string {
  const branches = anyOf as readonly JsonSchema[]
  const keys = branches.flatMap(requiredKeys)
  if (branches.some(({ type }) => type !== undefined))
    return `found ${found(data)}, allowed: ${branches.map(alternative).join(' or ')}${hintOf(branches, data)}`
  const present = isRecord(data) ? Object.keys(data) : []
  const hint = present.map((key) => didYouMean(key, keys)).find((text) => text !== '') ?? ''
  const what = present.length === 0 ? found(data) : `only ${quoted(present)}`
  return `found ${what}, allowed: one of ${quoted(keys)}${hint}`
}

function requiredKeys({ required }: JsonSchema): readonly string[] {
  return Array.isArray(required) ? (required as string[]) : []
}

function hintOf(branches: readonly JsonSchema[], data: unknown): string {
  return typeof data === 'string' ? didYouMean(data, branches.flatMap(namedValues)) : ''
}

function namedValues({ enum: values }: JsonSchema): readonly string[] {
  return Array.isArray(values) ? (values as unknown[]).filter((value) => typeof value === 'string') : []
}

/** A kind of value, and for objects what it must have; or the values by name. */
function alternative(schema: JsonSchema): string {
  const values = namedValues(schema)
  if (values.length > 0) return `one of ${quoted(values)}`
  const type = String(schema['type'])
  const kind = `${kinds[type] ?? 'something else'}${limitsOf(type, schema)}`
  const keys = requiredKeys(schema)
  return keys.length === 0 ? kind : `${kind} with ${quoted(keys)}`
}

const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  null: 'null',
}

/** The keywords that say which values of a type are allowed. */
interface Limits {
  readonly type?: string | readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly maxLength?: number
  readonly minLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly minProperties?: number
  readonly maxProperties?: number
  readonly uniqueItems?: boolean
}

function allowedBy(schema: JsonSchema, { message = 'something else' }: SchemaError): string {
  const limits: Limits = schema
  if (limits.type === undefined) return message.replace(/^must (be )?/u, '')
  return [limits.type]
    .flat()
    .map((name) => `${kinds[name] ?? name}${limitsOf(name, limits)}`)
    .join(' or ')
}

/** The keywords of a type that say something of it, and are passed over for the others. */
function limitsOf(type: string, limits: Limits): string {
  const { minLength, maxLength, minItems, maxItems, minProperties, maxProperties, uniqueItems } = limits
  switch (type) {
    case 'integer':
    case 'number':
      return rangeOf(limits)
    case 'string':
      return maxLength === undefined ? filled(minLength) : ` of ${minLength ?? 0} to ${maxLength} characters`
    case 'array':
      return `${itemsOf(minItems, maxItems)}${uniqueItems ? ' without repetitions' : ''}`
    case 'object':
      return maxProperties === 1 ? ' with one key' : filled(minProperties)
    default:
      return ''
  }
}

function rangeOf({ minimum, maximum, exclusiveMinimum }: Limits): string {
  if (exclusiveMinimum !== undefined) return ` over ${exclusiveMinimum}`
  if (minimum === undefined) return ''
  return maximum === undefined ? ` of at least ${minimum}` : ` from ${minimum} to ${maximum}`
}

function itemsOf(least: number | undefined, most: number | undefined): string {
  if (most === undefined) return filled(least)
  return least === most ? ` of ${most}` : ` of ${least ?? 0} to ${most}`
}

const filled = (least: number | undefined): string => (least === undefined ? '' : ' that is not empty')

function describe({ description }: JsonSchema): string {
  return typeof description === 'string' ? ` (${description})` : ''
}
