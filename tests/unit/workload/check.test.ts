import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileChecks } from '../../../harness/workload/check.ts'
import type { Check } from '../../../harness/workload/expect.ts'
import { replyOf } from '../../support/reply.ts'

const run = (check: Check, body: string | Uint8Array = '', headers: Record<string, string> = {}, elapsedNs = 1e6) =>
  compileChecks([check]).run(replyOf(body, headers), elapsedNs)

const json = (pointer: string, equals: unknown): Check => ({ kind: 'json', pointer, equals })

describe('a JSON check', () => {
  const document = JSON.stringify({
    a: [{ b: 1 }, { b: '1' }],
    'x/y': { '~z': true },
    '': 0,
    none: null,
    list: [1, [2, 3]],
    deep: { p: { q: [] }, r: 1 },
    '01': 'text',
  })

  test.each<[string, unknown]>([
    ['/a/0/b', 1],
    ['/a/1/b', '1'],
    ['/x~1y/~0z', true],
    ['/', 0],
    ['/none', null],
    ['/list/1', [2, 3]],
    ['/deep', { r: 1, p: { q: [] } }],
    ['/01', 'text'],
    ['', JSON.parse(document)],
  ])('finds %s to be %j', (pointer, equals) => {
    expect(run(json(pointer, equals), document)).toBeNull()
  })

  test.each<[string, unknown, string]>([
    ['/a/0/b', '1', '/a/0/b is 1, expected "1"'],
    ['/a/1/b', 1, '/a/1/b is "1", expected 1'],
    ['/a/2', null, '/a/2 is missing, expected null'],
    ['/a/-', null, '/a/- is missing, expected null'],
    ['/a/00', { b: 1 }, '/a/00 is missing, expected {"b":1}'],
    ['/a/length', 2, '/a/length is missing, expected 2'],
    ['/a/toString', null, '/a/toString is missing, expected null'],
    ['/none/more', null, '/none/more is missing, expected null'],
    ['/constructor', null, '/constructor is missing, expected null'],
    ['/none', false, '/none is null, expected false'],
    ['/list', [1, [3, 2]], '/list is [1,[2,3]], expected [1,[3,2]]'],
    ['/list', [1], '/list is [1,[2,3]], expected [1]'],
    ['/deep', { r: 1 }, '/deep is {"p":{"q":[]},"r":1}, expected {"r":1}'],
    ['/deep/p', { q: {} }, '/deep/p is {"q":[]}, expected {"q":{}}'],
  ])('does not find %s to be %j', (pointer, equals, problem) => {
    expect(run(json(pointer, equals), document)).toBe(problem)
  })

  test('does not hold of what is no JSON', () => {
    for (const body of ['', '<html>', '{"a":1', '{"a":1}x', 'undefined'])
      expect(run(json('/a', 1), body)).toBe('the body is no JSON')
  })

  test('passes over a byte order mark', () => {
    expect(run(json('/a', 1), '\uFEFF{"a":1}')).toBeNull()
  })

  test('takes keys of objects as they are, whatever they are called', () => {
    expect(run(json('/__proto__', 1), '{"__proto__":1}')).toBeNull()
    expect(run(json('', { a: 1 }), '{"__proto__":{"a":1}}')).not.toBeNull()
  })

  test('holds of every value at its own place', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (value, key) => {
        fc.pre(key !== '__proto__')
        const pointer = `/0/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
        const body = JSON.stringify([{ [key]: value }])
        expect(run(json(pointer, JSON.parse(JSON.stringify(value))), body)).toBeNull()
      }),
    )
  })
})

describe('a check of the body', () => {
  test('looks for a text in its bytes', () => {
    expect(run({ kind: 'body-contains', text: 'ü¢' }, 'aü¢b')).toBeNull()
    expect(run({ kind: 'body-contains', text: 'c' }, 'ab')).toBe('the body does not contain "c"')
    expect(run({ kind: 'body-contains', text: 'b' }, new Uint8Array(Buffer.from('abc')))).toBeNull()
  })

  test('holds a regular expression against its text', () => {
    expect(run({ kind: 'body-matches', pattern: '^id=\\d+$' }, 'id=12')).toBeNull()
    expect(run({ kind: 'body-matches', pattern: '^.{2}$' }, '😀x')).toBeNull()
    expect(run({ kind: 'body-matches', pattern: '^b' }, 'ab')).toBe('the body does not match ^b')
  })

  test('looks at every reply anew, and at those of the same bytes as well', () => {
    const checks = compileChecks([json('/n', 1), { kind: 'body-matches', pattern: '1' }])
    const outcomes = ['{"n":1}', '{"n":1}', '{"n":2}', '{"n":1}', '', '{"n":1}'].map((body) =>
      checks.run(replyOf(body), 0),
    )
    expect(outcomes.map((problem) => problem === null)).toEqual([true, true, false, true, false, true])
  })

  test('is not misled by a driver that writes the next body over the last', () => {
    const checks = compileChecks([json('/n', 1)])
    const bytes = Buffer.from('{"n":1}')
    expect(checks.run(replyOf(bytes), 0)).toBeNull()
    bytes.write('2', 5)
    expect(checks.run(replyOf(bytes), 0)).toBe('/n is 2, expected 1')
  })

  test('is not misled by large ones either', () => {
    const checks = compileChecks([{ kind: 'body-contains', text: 'needle' }])
    const bytes = Buffer.alloc(200_000, 'x')
    expect(checks.run(replyOf(bytes), 0)).not.toBeNull()
    bytes.write('needle', 150_000)
    expect(checks.run(replyOf(bytes), 0)).toBeNull()
    bytes.fill('x')
    expect(checks.run(replyOf(bytes), 0)).not.toBeNull()
    expect(checks.run(replyOf(''), 0)).not.toBeNull()
  })

  test('shows no more than 80 characters of what it found', () => {
    const problem = run(json('', 1), JSON.stringify('x'.repeat(10_000))) ?? ''
    expect(problem.length).toBeLessThan(120)
  })
})

describe('a check of a header', () => {
  const headers = { 'content-type': 'text/plain; charset=utf-8' }

  test('compares the whole value, of a name in any case', () => {
    expect(run({ kind: 'header', name: 'Content-Type', equals: headers['content-type'] }, '', headers)).toBeNull()
    expect(run({ kind: 'header', name: 'content-type', equals: 'text/plain' }, '', headers)).toBe(
      'header content-type is "text/plain; charset=utf-8", expected "text/plain"',
    )
    expect(run({ kind: 'header', name: 'x-id', equals: '' }, '', headers)).toBe('header x-id is missing, expected ""')
  })

  test('matches a pattern', () => {
    expect(run({ kind: 'header-matches', name: 'content-type', pattern: '^text/' }, '', headers)).toBeNull()
    expect(run({ kind: 'header-matches', name: 'content-type', pattern: '^image/' }, '', headers)).toBe(
      'header content-type is "text/plain; charset=utf-8", expected to match ^image/',
    )
    expect(run({ kind: 'header-matches', name: 'x-id', pattern: '' }, '', headers)).toMatch(/is missing/u)
  })
})

describe('a check of size or time', () => {
  test('counts the bytes of the body, both bounds included', () => {
    const size = (minBytes: number, maxBytes: number) => run({ kind: 'size', minBytes, maxBytes }, 'twelve bytes')
    expect([size(12, 12), size(0, 12), size(12, 99)]).toEqual([null, null, null])
    expect(size(13, 13)).toBe('received 12 bytes, expected 13')
    expect(size(0, 11)).toBe('received 12 bytes, expected 0 to 11')
    expect(size(13, Number.MAX_SAFE_INTEGER)).toBe('received 12 bytes, expected at least 13')
  })

  test('counts all that was received where the body is not told apart', () => {
    const { bodyBytes: _, ...reply } = replyOf('twelve bytes')
    expect(compileChecks([{ kind: 'size', minBytes: 112, maxBytes: 112 }]).run(reply, 0)).toBeNull()
  })

  test('allows as long as it says', () => {
    const time: Check = { kind: 'time', maxNs: 200e6 }
    expect(run(time, '', {}, 200e6)).toBeNull()
    expect(run(time, '', {}, 250e6)).toBe('took 250ms, expected at most 200ms')
  })
})

describe('the checks of a request', () => {
  test('keep only what they look at', () => {
    const kept = (...checks: Check[]) => compileChecks(checks).kept
    expect(kept()).toEqual({ headers: false, body: false })
    expect(kept({ kind: 'time', maxNs: 1 }, { kind: 'size', minBytes: 0, maxBytes: 1 })).toEqual({
      headers: false,
      body: false,
    })
    expect(kept({ kind: 'header', name: 'a', equals: 'b' })).toEqual({ headers: true, body: false })
    expect(kept({ kind: 'header-matches', name: 'a', pattern: 'b' })).toEqual({ headers: true, body: false })
    for (const check of [
      json('', 1),
      { kind: 'body-matches', pattern: '' },
      { kind: 'body-contains', text: '' },
    ] as const)
      expect(kept(check)).toEqual({ headers: false, body: true })
  })

  test('hold together, and the first that does not is told', () => {
    const checks = compileChecks([{ kind: 'body-contains', text: 'a' }, json('/b', 1), { kind: 'time', maxNs: 1 }])
    expect(checks.run(replyOf('{"a":0,"b":2}'), 5)).toBe('/b is 2, expected 1')
    expect(checks.run(replyOf('{"a":0,"b":1}'), 5)).toMatch(/^took/u)
    expect(checks.run(replyOf('{"a":0,"b":1}'), 1)).toBeNull()
    expect(compileChecks([]).run(replyOf(''), 5)).toBeNull()
  })
})
