import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'
import { resultSchema } from '../../../harness/archive/schema.ts'
import { faultAloneSchema, ruleSetSchema } from '../../../harness/faults/rule-schema.ts'
import { memoryTraceSchema } from '../../../harness/judge/trace/memory-trace.ts'
import { pairedTraceSchema } from '../../../harness/judge/trace/paired-trace.ts'
import { seriesSchema } from '../../../harness/judge/trace/series.ts'
import type { JsonSchema } from '../../../harness/kernel/json-schema.ts'
import { checkOf } from '../../../harness/kernel/schema-check.ts'
import { keysIn, keysOfDefaults, partOf } from '../../../harness/kernel/schema-part.ts'
import { profileJsonSchema } from '../../../harness/profile/schema.ts'
import { programPoolSchema } from '../../../harness/resilience/pool/settings.ts'
import { clientSchema } from '../../../harness/resilience/settings.ts'
import { targetSchema } from '../../../harness/target/settings.ts'

const schema = {
  type: 'object',
  properties: {
    kind: { enum: ['a', 'b'] },
    given: { type: 'object', properties: { depth: { type: 'integer', default: 3 } }, default: {} },
    large: { type: 'object', properties: { inner: { type: 'string' } }, description: 'a large one' },
    never: false,
  },
  required: ['kind', 'large'],
  additionalProperties: false,
}

test.each<[string, JsonSchema]>([
  ['a profile', profileJsonSchema()],
  ['a fault', faultAloneSchema],
  ['rules', ruleSetSchema],
  ['a target', targetSchema],
  ['a client', clientSchema],
  ["a program's pool", programPoolSchema],
  ['a result', resultSchema],
  ['a paired trace', pairedTraceSchema],
  ['a memory trace', memoryTraceSchema],
  ['a series', seriesSchema],
])('the schema of %s is one by its meta-schema, which a check does not ask', (_, schema) => {
  const ajv = new Ajv()
  expect([ajv.validateSchema(schema), ajv.errors ?? []]).toEqual([true, []])
})

describe('the part of a schema that matters to a document', () => {
  test('has nothing of the properties that it does not have, but for names, descriptions and defaults', () => {
    const keys = keysIn({ kind: 'a' }, keysOfDefaults(schema))
    expect(partOf(schema, keys)['properties']).toEqual({
      kind: schema.properties.kind,
      given: schema.properties.given,
      large: { description: 'a large one' },
      never: false,
    })
  })

  test('knows the keys at any depth, and those that defaults bring', () => {
    expect([...keysIn({ a: [{ b: 1 }], c: { d: null } })]).toEqual(['a', 'b', 'c', 'd'])
    expect([...keysOfDefaults({ properties: { x: { default: { y: [{ z: 1 }] } } } })]).toEqual(['x', 'y', 'z'])
  })
})

/** A check that has seen so many documents that it uses the whole schema. */
function wholeCheck(of: () => JsonSchema) {
  const check = checkOf(of)
  for (const first of ['one', 'two', 'three']) check({ [first]: 1 })
  return check
}

describe('a check', () => {
  const base = JSON.parse(readFileSync(new URL('../../../profiles/default.json', import.meta.url), 'utf8')) as Readonly<
    Record<string, unknown>
  >

  test.each<[string, unknown]>([
    ['the default profile', base],
    ['nothing', {}],
    ['no object', 7],
    ['a misspelt key', { ...base, worklaod: {} }],
    [
      'wrong types',
      { ...base, seed: 'x', load: { model: 'open', rate: [] }, policies: { p: { fault: { latency: 5 } } } },
    ],
    ['a policy of a client', { ...base, policies: { p: { client: { retry: { maxCalls: 0 }, timeout: {} } } } }],
    ['a list of policies', { ...base, policies: { p: { client: [{ retry: {} }, { retry: {}, timeout: {} }] } } }],
    ['unknown keys far inside', { ...base, workload: { requests: [{ path: '/', expect: { statuss: 1 } }] } }],
  ])('says the same of %s, and fills in the same, whether by the part or by the whole', (_name, document) => {
    const whole = structuredClone(document)
    const part = structuredClone(document)
    const byWhole = wholeCheck(() => profileJsonSchema())(whole)
    expect(checkOf(() => profileJsonSchema())(part)).toEqual(byWhole)
    expect(part).toEqual(whole)
  })
})
