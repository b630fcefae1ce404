import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { isRecord } from '../../../harness/kernel/json.ts'
import { profileJsonSchema } from '../../../harness/profile/schema.ts'

/** Properties, however deep, that a reader of the schema would know nothing about. */
function undescribed(schema: unknown, path = ''): string[] {
  if (Array.isArray(schema)) return schema.flatMap((item, index) => undescribed(item, `${path}/${index}`))
  if (!isRecord(schema)) return []
  const inside = Object.entries(schema).flatMap(([key, value]) => undescribed(value, `${path}/${key}`))
  // Conditions (`if`, `dependencies`) name properties again; they are described where they are defined.
  if (!isRecord(schema['properties']) || schema['additionalProperties'] !== false) return inside
  const bare = Object.entries(schema['properties']).filter(
    ([, property]) => isRecord(property) && !property['description'],
  )
  return [...bare.map(([name]) => `${path}/properties/${name}`), ...inside]
}

describe('the published schema', () => {
  test('is the one that profiles are checked with (else run scripts/dev/schema.ts)', () => {
    const published = readFileSync(new URL('../../../profiles/profile.schema.json', import.meta.url), 'utf8')
    expect(published).toBe(`${JSON.stringify(profileJsonSchema(), null, 2)}\n`)
  })

  test('describes every key', () => {
    expect(undescribed(profileJsonSchema())).toEqual([])
  })

  test('is of draft-07 and lets a profile name it', () => {
    expect(profileJsonSchema()).toMatchObject({
      $schema: 'http://json-schema.org/draft-07/schema#',
      properties: { $schema: { type: 'string' } },
    })
  })
})
