import { describe, expect, test } from 'vitest'
import { readJson } from '../../../harness/kernel/jsonc.ts'

describe('JSON with comments', () => {
  test('is read, with a byte order mark and trailing commas', () => {
    const text = '\uFEFF{\n  // one\n  "a": [1, 2,], /* two */ "b": "//c",\n}'
    expect(readJson(text, 'p.json')).toEqual({ document: { a: [1, 2], b: '//c' }, problems: [] })
  })

  test('with broken syntax has no document, and every fault has its line and column', () => {
    const { document, problems } = readJson('{\n  "a" 1,\n  "b": ,\n}', 'p.json')
    expect(document).toBeUndefined()
    expect(problems).toEqual([
      { where: 'p.json:2:7', message: 'found no valid JSON: colon expected' },
      { where: 'p.json:3:8', message: 'found no valid JSON: value expected' },
    ])
    expect(readJson('', 'p.json').problems).toHaveLength(1)
  })

  test('with a key twice in one object says where both are', () => {
    const { problems } = readJson(
      '{ "a": { "b": 1,\n "b": 2 }, "c": [{ "b": 1 }, { "x": 1, "x": 1, "x": 1 }], "b": 3 }',
      'p.json',
    )
    expect(problems.map(({ where }) => where)).toEqual(['/a/b', '/c/1/x', '/c/1/x'])
    expect(problems[0]?.message).toBe('found the same key twice (p.json:1:10 and p.json:2:2), allowed: once')
  })
})
