import { Buffer } from 'node:buffer'
import { describe, expect, test } from 'vitest'
import type { Extraction } from '../../../harness/workload/extract.ts'
import { compileExtractions, keptByExtractions } from '../../../harness/workload/extraction.ts'
import { replyOf } from '../../support/reply.ts'

function extract(one: Extraction, body: string, headers: Record<string, string> = {}) {
  const into = new Map<string, string>()
  const problem = compileExtractions([one]).run(replyOf(body, headers), into)
  return problem ?? into.get(one.name)
}

const json = (pointer: string): Extraction => ({ name: 'it', kind: 'json', pointer })
const matches = (pattern: string): Extraction => ({ name: 'it', kind: 'matches', pattern })

describe('an extraction by JSON pointer', () => {
  const body = '{"t":"abc","n":7,"b":false,"o":{"k":[1,"2"]},"e":"","z":null,"a/b":{"~":"odd"},"l":[[],[5]]}'

  test.each([
    ['/t', 'abc'],
    ['/n', '7'],
    ['/b', 'false'],
    ['/e', ''],
    ['/o', '{"k":[1,"2"]}'],
    ['/o/k/1', '2'],
    ['/a~1b/~0', 'odd'],
    ['/l/1/0', '5'],
  ])('takes %s as %s', (pointer, value) => {
    expect(extract(json(pointer), body)).toBe(value)
  })

  test.each([
    ['/z', 'cannot extract it: /z is null'],
    ['/x', 'cannot extract it: /x is missing'],
    ['/l/2', 'cannot extract it: /l/2 is missing'],
    ['/t/0', 'cannot extract it: /t/0 is missing'],
    ['/l/01', 'cannot extract it: /l/01 is missing'],
  ])('tells of %s', (pointer, problem) => {
    expect(extract(json(pointer), body)).toBe(problem)
  })

  test('tells of what is no JSON', () => {
    expect(extract(json(''), 'token=1')).toBe('cannot extract it: the body is no JSON')
  })

  test('keeps numbers that no double holds as they were written', () => {
    const numbers = '{"id":9007199254740993,"big":123456789012345678901234567890,"price":1.10,"e":1e400,"plain":1e3}'
    expect(['/id', '/big', '/price', '/e', '/plain'].map((pointer) => extract(json(pointer), numbers))).toEqual([
      '9007199254740993',
      '123456789012345678901234567890',
      '1.10',
      '1e400',
      '1000',
    ])
  })
})

describe('an extraction by regular expression', () => {
  test('takes the first group, or the whole match where there is none', () => {
    expect(extract(matches('id=(\\d+)&(\\w+)'), 'x id=42&y')).toBe('42')
    expect(extract(matches('id=\\d+'), 'x id=42&y')).toBe('id=42')
    expect(extract(matches('id=(\\d*)'), 'id=')).toBe('')
  })

  test('tells when nothing matched, and when the group was not in the match', () => {
    expect(extract(matches('id=(\\d+)'), 'id=x')).toBe('cannot extract it: the body does not match id=(\\d+)')
    expect(extract(matches('(a)|b'), 'b')).toBe('cannot extract it: the first group of (a)|b matched nothing')
  })
})

describe('an extraction from a header', () => {
  const one: Extraction = { name: 'it', kind: 'header', header: 'X-Id' }

  test('takes its value, of a name in any case', () => {
    expect(extract(one, '', { 'x-id': '7' })).toBe('7')
    expect(extract(one, '')).toBe('cannot extract it: header x-id is missing')
  })
})

describe('the extractions of a request', () => {
  const all: readonly Extraction[] = [
    { name: 'a', kind: 'json', pointer: '/a' },
    { name: 'b', kind: 'header', header: 'b' },
  ]

  test('go into a map or an object', () => {
    const extractions = compileExtractions(all)
    const object: Record<string, string> = { c: 'kept' }
    expect(extractions.run(replyOf('{"a":1}', { b: '2' }), object)).toBeNull()
    expect(object).toEqual({ a: '1', b: '2', c: 'kept' })
  })

  test('put nothing when one of them fails', () => {
    const into = new Map([['a', 'before']])
    expect(compileExtractions(all).run(replyOf('{"a":1}'), into)).toBe('cannot extract b: header b is missing')
    expect([...into]).toEqual([['a', 'before']])
  })

  test('look at every reply anew', () => {
    const extractions = compileExtractions([json('/n')])
    const bytes = Buffer.from('{"n":1}')
    const into = new Map<string, string>()
    extractions.run(replyOf(bytes), into)
    bytes.write('2', 5)
    extractions.run(replyOf(bytes), into)
    expect(into.get('it')).toBe('2')
  })

  test('are not misled by a large body that is written over', () => {
    const extractions = compileExtractions([matches('token=(\\d)')])
    const bytes = Buffer.alloc(200_000, 'x')
    const into = new Map<string, string>()
    expect(extractions.run(replyOf(bytes), into)).not.toBeNull()
    bytes.write('token=1', 100)
    expect(extractions.run(replyOf(bytes), into)).toBeNull()
    expect(into.get('it')).toBe('1')
  })

  test('keep only what they look at', () => {
    expect(keptByExtractions([])).toEqual({ headers: false, body: false })
    expect(keptByExtractions(all)).toEqual({ headers: true, body: true })
    expect(keptByExtractions([matches('')])).toEqual({ headers: false, body: true })
    expect(compileExtractions([]).run(replyOf(''), new Map())).toBeNull()
  })
})
