import type { Problem } from '../kernel/errors.ts'
import { found, isPointer, isRecord, type JsonObject, step } from '../kernel/json.ts'
import { type JsonSchema, objectSchema, quantitySchema } from '../kernel/json-schema.ts'
import { durationNs, sizeBytes } from '../kernel/units.ts'
import type { Check, Expected } from './expect.ts'
import { isHeaderName } from './header-rules.ts'
import { patternProblems } from './pattern.ts'
import type { ExpectKey, Look, ProtocolMember } from './protocol-member.ts'

/** What a profile expects of an answer, after the schema's defaults. */
interface RawExpect {
  readonly status?: number | null
  readonly body?: string | null
  readonly headers?: Readonly<Record<string, string | { readonly matches: string }>>
  readonly contains?: string
  readonly matches?: string
  readonly json?: JsonObject
  readonly size?: string | { readonly min?: string; readonly max?: string }
  readonly time?: string
}

type AnyMember = Pick<ProtocolMember<unknown, unknown>, 'expects' | 'status' | 'expectedBody'>

const schemas: Readonly<Record<Exclude<ExpectKey, 'status'>, JsonSchema>> = {
  body: {
    type: ['string', 'null'],
    default: null,
    description: 'The whole body that counts as a success; null for any',
  },
  headers: {
    type: 'object',
    additionalProperties: {
      type: ['string', 'object'],
      if: { type: 'object' },
      then: objectSchema({ matches: { type: 'string', description: 'Regular expression' } }, { required: ['matches'] }),
    },
    description: 'Headers by name: the value, or { "matches": REGEX }',
  },
  contains: { type: 'string', minLength: 1, description: 'A text that the body contains' },
  matches: { type: 'string', description: 'A regular expression that the body matches' },
  json: {
    type: 'object',
    minProperties: 1,
    description:
      'Values in the JSON of the body by JSON pointer; types count, and lists and objects are compared whole',
  },
  size: {
    description: 'Size of the body, or { "min": …, "max": … }',
    if: { type: 'object' },
    then: {
      ...objectSchema({
        min: quantitySchema('size', 'The least size'),
        max: quantitySchema('size', 'The largest size'),
      }),
      minProperties: 1,
    },
    else: quantitySchema('size', 'Size of the body'),
  },
  time: quantitySchema('duration', 'The longest time from the start of the attempt'),
}

/** Schema of `expect`, as far as a protocol has something to look at. */
export function expectSchema({ expects, status }: AnyMember): JsonSchema {
  const all: Readonly<Record<ExpectKey, JsonSchema>> = { ...schemas, status: status ?? {} }
  const properties = Object.fromEntries(expects.map((key) => [key, all[key]]))
  return { ...objectSchema(properties, { description: 'What the answer must be' }), default: {} }
}

/** What the schema cannot say of an `expect`. */
export function expectProblems(document: unknown, { where, sound }: Look): Problem[] {
  if (!isRecord(document)) return []
  const raw: RawExpect = document
  const { headers = {}, json = {}, size, time } = raw
  const idle = time !== undefined && sound('/time') && durationNs(time) === 0
  return [
    ...(sound('/headers')
      ? Object.entries(headers).flatMap(([name, value]) => headerProblems(name, value, where))
      : []),
    ...(sound('/matches') ? patternProblems(raw.matches, `${where}/matches`) : []),
    ...(sound('/json') ? Object.keys(json).flatMap((pointer) => pointerProblems(pointer, `${where}/json`)) : []),
    ...(sound('/size') ? sizeProblems(size, `${where}/size`) : []),
    ...(idle ? [{ where: `${where}/time`, message: `found ${found(time)}, allowed: more than 0` }] : []),
  ]
}

/** What is wrong with a text that is to be a JSON pointer: the key at which it stands, or the place itself. */
export function pointerProblems(pointer: string, where: string, at = where + step(pointer)): Problem[] {
  if (isPointer(pointer)) return []
  const allowed = 'a JSON pointer (RFC 6901): empty, or steps that each begin with /, with ~0 for ~ and ~1 for /'
  return [{ where: at, message: `found ${found(pointer)}, allowed: ${allowed}` }]
}

function headerProblems(name: string, value: string | { readonly matches: string }, where: string): Problem[] {
  const pointer = `${where}/headers${step(name)}`
  const named = isHeaderName(name)
  return [
    ...(named ? [] : [{ where: pointer, message: `found ${found(name)}, allowed: a header name` }]),
    ...(typeof value === 'string' ? [] : patternProblems(value.matches, `${pointer}/matches`)),
  ]
}

function sizeProblems(size: RawExpect['size'], where: string): Problem[] {
  if (size === undefined || typeof size === 'string') return []
  const { min = '0b', max } = size
  if (max === undefined || sizeBytes(min) <= sizeBytes(max)) return []
  return [{ where: `${where}/max`, message: `found ${found(max)}, allowed: at least min, ${min}` }]
}

/** Reads an `expect` that has no problems. */
export function parseExpect(raw: RawExpect, request: JsonObject, { expectedBody }: AnyMember): Expected {
  const { status = null, body = null } = raw
  return {
    status,
    body: body === null || !expectedBody ? body : expectedBody(body, request),
    checks: checksOf(raw),
  }
}

function checksOf({ headers = {}, contains, matches, json = {}, size, time }: RawExpect): Check[] {
  return [
    ...Object.entries(headers).map(([header, value]): Check => {
      const name = header.toLowerCase()
      return typeof value === 'string'
        ? { kind: 'header', name, equals: value }
        : { kind: 'header-matches', name, pattern: value.matches }
    }),
    ...(contains === undefined ? [] : [{ kind: 'body-contains' as const, text: contains }]),
    ...(matches === undefined ? [] : [{ kind: 'body-matches' as const, pattern: matches }]),
    ...Object.entries(json).map(([pointer, equals]): Check => ({ kind: 'json', pointer, equals })),
    ...(size === undefined ? [] : [sizeCheck(size)]),
    ...(time === undefined ? [] : [{ kind: 'time' as const, maxNs: durationNs(time) }]),
  ]
}

function sizeCheck(size: NonNullable<RawExpect['size']>): Check {
  const { min, max } = typeof size === 'string' ? { min: size, max: size } : size
  return {
    kind: 'size',
    minBytes: min === undefined ? 0 : sizeBytes(min),
    // Infinity would not survive the way to the workers.
    maxBytes: max === undefined ? Number.MAX_SAFE_INTEGER : sizeBytes(max),
  }
}
