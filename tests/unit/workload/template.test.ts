import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileTemplate, isTemplated, render, renderProblem } from '../../../harness/workload/template.ts'

const values =
  (record: Readonly<Record<string, string>>) =>
  (name: string): string | undefined =>
    Object.hasOwn(record, name) ? record[name] : undefined

const http = { method: 'GET', path: '/', headers: {}, body: { kind: 'text', text: '' } }

describe('a message', () => {
  test.each<[unknown, boolean]>([
    ['plain', false],
    ['{{a}}', true],
    ['\\{{', true],
    [{ body: { text: 'x {{a}}' } }, true],
    [{ headers: { '{{h}}': 'x' } }, true],
    [{ messages: [{ deep: ['', '{{a}}'] }] }, true],
    [{ size: 12, none: null, reply: true, text: '{ {a} }' }, false],
  ])('%j is templated: %s', (message, templated) => {
    expect(isTemplated(message)).toBe(templated)
  })
})

describe('a rendered message', () => {
  const lookup = values({ token: 't0', 'users.name': 'Ann', $user: '3', empty: '' })

  test('has its holes filled in all texts, however deep', () => {
    const message = {
      send: '{{token}}/{{ users.name }}/{{$user}}',
      list: [1, { a: 'x{{empty}}y', n: null }],
      plain: 'z',
    }
    expect(render(message, lookup)).toEqual({ send: 't0/Ann/3', list: [1, { a: 'xy', n: null }], plain: 'z' })
  })

  test('keeps what is escaped, and braces that are no holes', () => {
    expect(render('\\{{token}} {token} {"a":{"b":{{token}}}} }}', lookup)).toBe('{{token}} {token} {"a":{"b":t0}} }}')
    expect(render({ body: '\\{{' }, lookup)).toEqual({ body: '{{' })
  })

  test('does not render what was filled in', () => {
    expect(render('{{a}}', values({ a: '{{b}} \\{{', b: 'no' }))).toBe('{{b}} \\{{')
  })

  test('is a new one each time, sharing what has no holes, and leaves the original alone', () => {
    const message = { ...http, path: '/{{id}}' }
    const before = structuredClone(message)
    const template = compileTemplate(message)
    const first = template(values({ id: '1' }))
    const second = template(values({ id: '2' }))
    expect([first.path, second.path]).toEqual(['/1', '/2'])
    expect(first.headers).toBe(message.headers)
    expect(first.body).toBe(message.body)
    expect(message).toEqual(before)
    expect(compileTemplate(http)(lookup)).toBe(http)
  })

  test('has a problem where a name has no value, and no longer when it has one', () => {
    const template = compileTemplate({ send: 'a{{id}}b' })
    expect(template(values({}))).toEqual({ send: 'ab' })
    expect(template.problem).toBe('{{id}} has no value')
    template(values({ id: '1' }))
    expect(template.problem).toBeNull()
    expect(renderProblem('{{id}}', values({}))).toBe('{{id}} has no value')
    expect(renderProblem('{{id}}', values({ id: '' }))).toBeNull()
  })

  test('can be refused for reasons of its protocol', () => {
    const template = compileTemplate({ send: '{{a}}' }, ({ send }) => (send.includes('\n') ? 'two lines' : null))
    template(values({ a: 'x\ny' }))
    expect(template.problem).toBe('two lines')
    template(values({ a: 'x' }))
    expect(template.problem).toBeNull()
  })
})

describe('a value in a path', () => {
  test('is percent-encoded, so that it can neither end the line nor begin another part', () => {
    const path = (value: string) => render({ ...http, path: '/a/{{v}}?q={{v}}' }, values({ v: value })).path
    expect(path('x y')).toBe('/a/x%20y?q=x%20y')
    expect(path('1 HTTP/1.1\r\nHost: evil\r\n\r\nGET /admin')).not.toMatch(/[\s]/u)
    expect(path('?#&/ü😀')).toBe('/a/%3F%23%26%2F%C3%BC%F0%9F%98%80?q=%3F%23%26%2F%C3%BC%F0%9F%98%80')
    expect(path('\ud800')).toBe('/a/%EF%BF%BD?q=%EF%BF%BD')
  })

  test('comes back as it was, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (value) => {
        const { path } = render({ ...http, path: '/{{v}}' }, values({ v: value }))
        expect(path).toMatch(/^\/[!-"$-~]*$/u)
        expect(decodeURIComponent(path.slice(1))).toBe(value)
      }),
    )
  })
})

describe('a value in a header', () => {
  const template = compileTemplate({ ...http, headers: { 'x-id': 'a{{v}}b', plain: 'c' } })

  test('may be any line of Latin-1 text', () => {
    for (const value of ['', 'x y', 'a\tb', 'ÿ', '"\\;,=']) {
      expect(template(values({ v: value })).headers).toEqual({ 'x-id': `a${value}b`, plain: 'c' })
      expect(template.problem).toBeNull()
    }
  })

  // U+010A and U+010D are CR and LF once they are cut to one byte.
  test.each(['\r\nx: y', '\n', '\r', '\0', '\u010a', '\u010d', '😀', '\x7f', '\x1b'])(
    'is refused where it is %j',
    (value) => {
      expect(template(values({ v: value })).headers).toEqual({ 'x-id': 'ab', plain: 'c' })
      expect(template.problem).toMatch(/^the value of \{\{v\}\} cannot stand in its place/u)
    },
  )

  test('may be part of a name, as long as the name is one, and frames nothing', () => {
    const named = compileTemplate({ ...http, headers: { 'x-{{n}}': '1', 'Content-{{n}}': '2' } })
    expect(named(values({ n: 'a' })).headers).toEqual({ 'x-a': '1', 'Content-a': '2' })
    expect(named.problem).toBeNull()
    expect(named(values({ n: 'Length' })).headers).toEqual({ 'x-Length': '1' })
    expect(named.problem).toBe('Content-{{n}} cannot become "Content-Length"')
    for (const value of [': x\r\ny', 'a b', '\n', 'ü', 'a:b']) {
      expect(named(values({ n: value })).headers).toEqual({})
      expect(named.problem).not.toBeNull()
    }
  })
})

describe('a value in metadata', () => {
  test('is printable ASCII, and no name of gRPC itself', () => {
    const template = compileTemplate({ method: 'a.B/C', messages: [{ t: '{{v}}' }], metadata: { '{{n}}': '{{v}}' } })
    expect(template(values({ n: 'x-id', v: 'a b' }))).toMatchObject({
      messages: [{ t: 'a b' }],
      metadata: { 'x-id': 'a b' },
    })
    expect(template.problem).toBeNull()
    for (const [n, v] of [
      ['grpc-timeout', '1'],
      [':path', '1'],
      ['x', 'ü'],
      ['x', 'a\nb'],
    ] as const) {
      template(values({ n, v }))
      expect(template.problem).not.toBeNull()
    }
    expect(template(values({ n: 'x', v: 'ü\n' })).messages).toEqual([{ t: 'ü\n' }])
  })
})

describe('a value in any other text', () => {
  test('stands there as it is: bodies may hold anything', () => {
    const message = { ...http, body: { kind: 'text', text: '{"a":"{{v}}"}' } }
    expect(render(message, values({ v: '\r\n"ü' })).body).toEqual({ kind: 'text', text: '{"a":"\r\n"ü"}' })
  })
})
