import type { Problem } from '../kernel/errors.ts'
import { found, isRecord, type JsonObject, step } from '../kernel/json.ts'
import { type JsonSchema, objectSchema } from '../kernel/json-schema.ts'
import { quoted } from '../kernel/suggest.ts'
import { pointerProblems } from './expectation.ts'
import type { Extraction } from './extract.ts'
import { isHeaderName } from './header-rules.ts'
import { nameProblems } from './names.ts'
import { patternProblems } from './pattern.ts'
import type { ExtractKey, Look } from './protocol-member.ts'

/** An extraction as a profile holds it. */
type RawExtraction = Readonly<Partial<Record<ExtractKey, string>>>

const schemas: Readonly<Record<ExtractKey, JsonSchema>> = {
  json: { type: 'string', description: 'JSON pointer into the body' },
  header: { type: 'string', description: 'Name of a header' },
  matches: { type: 'string', description: 'Regular expression on the body: its first group, or all that it matches' },
}

/** Schema of `extract`, as far as a protocol has something to take it from. */
export function extractSchema(keys: readonly ExtractKey[]): JsonSchema {
  return {
    type: 'object',
    additionalProperties: {
      ...objectSchema(Object.fromEntries(keys.map((key) => [key, schemas[key]])), {
        description: `one of ${keys.join(', ')}`,
      }),
      minProperties: 1,
    },
    default: {},
    description: `What later steps may use, by name: one of ${quoted(keys)}`,
  }
}

/** What the schema cannot say of an `extract`. */
export function extractProblems(raw: unknown, { where, sound }: Look): Problem[] {
  if (!isRecord(raw)) return []
  return Object.entries(raw).flatMap(([name, one]) => {
    const pointer = where + step(name)
    return [...nameProblems(name, pointer), ...(sound(step(name)) ? oneProblems(one as RawExtraction, pointer) : [])]
  })
}

function oneProblems(raw: RawExtraction, where: string): Problem[] {
  const keys = Object.keys(raw)
  if (keys.length > 1) return [{ where, message: `found ${keys.join(' and ')}, allowed: one of them` }]
  const { json, header, matches } = raw
  const unnamed = header !== undefined && !isHeaderName(header)
  return [
    ...(json === undefined ? [] : pointerProblems(json, where, `${where}/json`)),
    ...(unnamed ? [{ where: `${where}/header`, message: `found ${found(header)}, allowed: a header name` }] : []),
    ...patternProblems(matches, `${where}/matches`),
  ]
}

/** Reads an `extract` that has no problems. */
export function parseExtract(raw: JsonObject): Extraction[] {
  return Object.entries(raw).map(([name, one]): Extraction => {
    const { json, header, matches } = one as RawExtraction
    if (json !== undefined) return { name, kind: 'json', pointer: json }
    if (header !== undefined) return { name, kind: 'header', header: header.toLowerCase() }
    return { name, kind: 'matches', pattern: matches ?? '' }
  })
}
