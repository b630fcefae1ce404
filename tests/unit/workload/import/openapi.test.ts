import { describe, expect, test } from 'vitest'
import { importOpenApi } from '../../../../harness/workload/import/openapi.ts'
import { importedRequests } from '../../../support/imported.ts'

const base = { openapi: '3.1.0', info: { title: 'x', version: '1' }, servers: [{ url: 'http://127.0.0.1:8080/v1/' }] }
const ok = { responses: { '200': { description: 'ok' } } }

const text = (document: object): string => JSON.stringify({ ...base, ...document })

/** The one request of one operation, as a run would send it, and its notes. */
function one(operation: object, rest: object = {}, template = '/x') {
  const imported = importOpenApi(text({ paths: { [template]: { post: { ...ok, ...operation } } }, ...rest }))
  const [request] = importedRequests(imported)
  const body = request?.message.body
  return { ...request, ...request?.message, body: body?.kind === 'text' ? body.text : '', notes: imported.notes }
}

const jsonBody = (schema: object, rest: object = {}) =>
  JSON.parse(one({ requestBody: { content: { 'application/json': { schema } } } }, rest).body) as unknown

const query = (parameter: object) =>
  one({ parameters: [{ in: 'query', name: 'q', required: true, ...parameter }] }).path

describe('an OpenAPI description', () => {
  test('becomes one request for each operation, which expects its first success', () => {
    const { document, notes } = importOpenApi(
      text({
        paths: {
          '/a': {
            summary: 'not an operation',
            get: { operationId: 'listA', responses: { '404': {}, '206': {}, '201': {} } },
            post: { responses: { default: {}, '302': {} } },
            'x-extra': {},
          },
          '/b': { delete: { responses: { '2XX': {} } }, patch: { responses: {} }, query: ok },
        },
      }),
    )
    expect(document).toEqual({
      target: { url: 'http://127.0.0.1:8080' },
      workload: {
        protocol: 'http',
        requests: [
          { name: 'listA', path: '/v1/a', expect: { status: 201 } },
          { method: 'POST', path: '/v1/a', expect: { status: 302 } },
          { method: 'DELETE', path: '/v1/b', expect: { status: null } },
          { method: 'PATCH', path: '/v1/b', expect: { status: null } },
        ],
      },
    })
    expect(notes).toEqual([
      'left out QUERY /b: the method is not known here',
      'PATCH /b describes no success: any status from 200 to 399 is expected',
    ])
  })

  test('names its target by its first server, or by what it is told', () => {
    const paths = { '/x': { get: ok } }
    const targetOf = (servers: unknown, origin?: string) => {
      const { document, notes } = importOpenApi(text({ servers, paths }), { origin })
      return [(document['target'] as { url: string }).url, document['workload'], notes] as const
    }
    expect(
      targetOf([
        { url: 'https://{host}:{port}/v2', variables: { host: { default: 'localhost' }, port: { default: '8443' } } },
      ]),
    ).toEqual(['https://localhost:8443', { protocol: 'http', tls: true, requests: [{ path: '/v2/x' }] }, []])
    expect(targetOf([{ url: '/v3' }])).toMatchObject([
      'http://127.0.0.1:8080',
      { requests: [{ path: '/v3/x' }] },
      ['no server names a host: http://127.0.0.1:8080 takes its place'],
    ])
    expect(targetOf(undefined)[1]).toMatchObject({ requests: [{ path: '/x' }] })
    expect(targetOf([{ url: 'http://shop.example' }, { url: 'http://b' }])[2]).toEqual([
      'left out 1 more servers: only the first is asked',
      expect.stringMatching(/shop\.example is not this machine/u),
    ])
    expect(targetOf([{ url: 'http://shop.example/v1' }], 'http://localhost:81')).toMatchObject([
      'http://localhost:81',
      { requests: [{ path: '/v1/x' }] },
      [],
    ])
  })

  test('fills in the parameters of paths and operations, the latter first', () => {
    const { document, notes } = importOpenApi(
      text({
        paths: {
          '/users/{id}/{kind}/{when}': {
            parameters: [
              { in: 'path', name: 'id', schema: { type: 'integer' }, required: true },
              { in: 'path', name: 'kind', schema: { enum: ['a b', 'c'] }, required: true },
              { in: 'header', name: 'X-Id', required: true, example: 'shared' },
            ],
            get: {
              ...ok,
              parameters: [
                { $ref: '#/components/parameters/When' },
                { in: 'path', name: 'id', example: 42, required: true },
                { in: 'header', name: 'Accept', required: true, example: 'ignored' },
                { in: 'cookie', name: 'session', required: true, schema: { type: 'string' } },
                { in: 'query', name: 'page', schema: { type: 'integer', default: 1 } },
                { in: 'query', name: 'sort', schema: { type: 'string' } },
                { in: 'body', name: 'odd', example: 1 },
              ],
            },
          },
        },
        components: {
          parameters: {
            When: { in: 'path', name: 'when', required: true, schema: { type: 'string', format: 'date' } },
          },
        },
      }),
    )
    expect(document['workload']).toMatchObject({
      requests: [
        {
          path: '/v1/users/42/a%20b/2024-01-01?page=1',
          headers: { 'X-Id': 'shared', cookie: 'session=string' },
        },
      ],
    })
    expect(notes).toEqual([
      'optional parameters without an example are left out',
      'left out the parameter odd of GET /users/{id}/{kind}/{when}: it is in body',
    ])
  })

  test('says where a path has a hole that nothing describes', () => {
    const { path, notes } = one({}, {}, '/a/{b}')
    expect(path).toBe('/v1/a/string')
    expect(notes).toEqual(['POST /a/{b} does not describe its {b}: "string" takes its place'])
  })

  test.each<[string, object, string]>([
    ['a text', { example: 'a&b ü' }, 'q=a%26b%20%C3%BC'],
    ['a number', { schema: { type: 'number', minimum: 2.5 } }, 'q=3'],
    ['a list', { example: [1, 'b c'] }, 'q=1&q=b%20c'],
    ['a list in one', { example: [1, 2], explode: false }, 'q=1,2'],
    ['a list with pipes', { example: [1, 2], style: 'pipeDelimited' }, 'q=1|2'],
    ['a list with spaces', { example: [1, 2], style: 'spaceDelimited' }, 'q=1%202'],
    ['an object', { example: { a: 1, b: 'x' } }, 'a=1&b=x'],
    ['an object in one', { example: { a: 1, b: 'x' }, explode: false }, 'q=a,1,b,x'],
    ['a deep object', { example: { a: 1 }, style: 'deepObject' }, 'q%5Ba%5D=1'],
    ['JSON', { content: { 'application/json': { example: { a: 1 } } } }, 'q=%7B%22a%22%3A1%7D'],
    ['named examples', { examples: { first: { value: 'f' }, second: { value: 's' } } }, 'q=f'],
  ])('writes a query of %s', (_, parameter, search) => {
    expect(query(parameter)).toBe(`/v1/x?${search}`)
  })

  test.each<[string, object, unknown]>([
    ['its example', { type: 'string', example: 'e' }, 'e'],
    ['its first example', { type: 'string', examples: ['f', 'g'] }, 'f'],
    ['its default', { type: 'integer', default: 7 }, 7],
    ['its only value', { const: 'c' }, 'c'],
    ['its first value', { enum: [null, 'v'] }, 'v'],
    ['a text', { type: 'string' }, 'string'],
    ['a long text', { type: 'string', minLength: 8 }, 'stringxx'],
    ['a short text', { type: 'string', maxLength: 3 }, 'str'],
    ['a moment', { type: 'string', format: 'date-time' }, '2024-01-01T00:00:00Z'],
    ['a UUID', { type: 'string', format: 'uuid' }, '00000000-0000-4000-8000-000000000000'],
    ['a number', { type: 'integer' }, 1],
    ['a least number', { type: 'integer', minimum: 5 }, 5],
    ['a number over another', { type: 'integer', exclusiveMinimum: 5 }, 6],
    ['a number over another (3.0)', { type: 'integer', minimum: 5, exclusiveMinimum: true }, 6],
    ['a multiple', { type: 'integer', minimum: 5, multipleOf: 4 }, 8],
    ['a number under a limit', { type: 'number', maximum: 0 }, 0],
    ['true', { type: 'boolean' }, true],
    ['one of several types', { type: ['null', 'boolean'] }, true],
    ['a list', { type: 'array', items: { type: 'integer' }, minItems: 2 }, [1, 1]],
    ['a list without a type', { items: { const: 1 } }, [1]],
    [
      'an object',
      {
        type: 'object',
        required: ['a'],
        properties: { a: { type: 'string' }, b: { type: 'integer' }, id: { type: 'integer', readOnly: true }, c: {} },
      },
      { a: 'string', b: 1 },
    ],
    ['the first of alternatives', { oneOf: [{ type: 'integer' }, { type: 'string' }] }, 1],
    ['the first of any', { anyOf: [{ $ref: '#/components/schemas/Pet' }] }, { name: 'Rex' }],
    [
      'all parts',
      {
        allOf: [{ $ref: '#/components/schemas/Pet' }, { properties: { age: { type: 'integer' } } }],
        properties: { z: { const: 0 } },
      },
      { name: 'Rex', age: 1, z: 0 },
    ],
  ])('makes a body of a schema: %s', (_, schema, value) => {
    const components = {
      schemas: { Pet: { type: 'object', properties: { name: { type: 'string', example: 'Rex' } } } },
    }
    expect(jsonBody(schema, { components })).toEqual(value)
  })

  test('ends where a schema leads in a circle', () => {
    const Node = {
      type: 'object',
      properties: { id: { type: 'integer' }, next: { $ref: '#/components/schemas/Node' } },
    }
    const body = JSON.stringify(jsonBody({ $ref: '#/components/schemas/Node' }, { components: { schemas: { Node } } }))
    expect(body.length).toBeLessThan(200)
    const loop = { a: { $ref: '#/components/schemas/b' }, b: { $ref: '#/components/schemas/a' } }
    const { notes } = one(
      { requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/a' } } } } },
      { components: { schemas: loop } },
    )
    expect(notes).toContainEqual(expect.stringMatching(/refers to: there is nothing$/u))
  })

  test('makes an example of a schema that leads back to itself in many ways, once', () => {
    const itself = { $ref: '#/components/schemas/Node' }
    const names = Array.from({ length: 20 }, (_, index) => `next${index}`)
    const Node = { type: 'object', properties: Object.fromEntries(names.map((name) => [name, itself])) }
    expect(jsonBody({ type: 'array', items: itself }, { components: { schemas: { Node } } })).toEqual([{}])
  })

  test('sends the type that it has an example for', () => {
    const sent = (content: object) => {
      const { body, headers, notes } = one({ requestBody: { content } })
      return [body, headers?.['content-type'], notes.length]
    }
    expect(sent({ 'text/plain': { example: 'x' }, 'application/json': { example: { a: 1 } } })).toEqual([
      '{"a":1}',
      'application/json',
      0,
    ])
    expect(sent({ 'application/merge-patch+json': { example: { a: 1 } } })).toEqual([
      '{"a":1}',
      'application/merge-patch+json',
      0,
    ])
    expect(sent({ 'application/json': { example: '{"a": 1}' } })).toEqual(['{"a": 1}', 'application/json', 0])
    expect(sent({ 'application/json': { example: 'text' } })).toEqual(['"text"', 'application/json', 0])
    expect(
      sent({
        'application/x-www-form-urlencoded': { schema: { properties: { a: { const: 'b c' }, n: { const: 1 } } } },
      }),
    ).toEqual(['a=b+c&n=1', 'application/x-www-form-urlencoded', 0])
    expect(sent({ 'text/csv': { example: 'a,b' } })).toEqual(['a,b', 'text/csv', 0])
    expect(sent({ 'multipart/form-data': { schema: {} } })).toEqual(['', undefined, 1])
    expect(sent({ 'application/json': {} })).toEqual(['', undefined, 1])
  })

  test('says what it cannot know or does not follow', () => {
    const { notes } = one(
      {
        security: [{ bearer: [] }],
        parameters: [
          { $ref: 'other.json#/x' },
          { in: 'query', name: 'p', required: true, schema: { type: 'string', pattern: '^\\d+$' } },
          { in: 'query', name: 'untyped', required: true },
        ],
      },
      {
        webhooks: {},
        components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
      },
    )
    expect(notes).toEqual([
      'left out the webhooks: the target calls them',
      'left out what other.json#/x refers to: it lies outside of the document',
      'a text made up for the pattern ^\\d+$ does not match it: give an example',
      'the parameter untyped of POST /x has no type and no example: "string" takes its place',
      'POST /x needs the security scheme bearer (http bearer): add what it asks for, such as from ${env:NAME}',
    ])
  })

  test('gives operations of one name names that differ', () => {
    const { document } = importOpenApi(
      text({ paths: { '/a': { get: { ...ok, operationId: 'x' }, put: { ...ok, operationId: 'x' } } } }),
    )
    expect(document['workload']).toMatchObject({ requests: [{ name: 'x' }, { name: 'x (2)' }] })
  })

  test('makes names of one line, in which nothing is filled in', () => {
    const { document } = importOpenApi(
      text({
        paths: { '/a': { get: { ...ok, operationId: ' a\n${env:HOME}' } }, '/b': { get: { ...ok, operationId: ' ' } } },
      }),
    )
    expect(document['workload']).toMatchObject({ requests: [{ name: 'a $env:HOME}' }, { name: 'GET /v1/b' }] })
  })

  test('says which paths are none', () => {
    expect(importOpenApi(text({ paths: { '/a': { get: ok }, b: { get: ok }, 'x-c': {} } })).notes).toContain(
      'left out b: it is no path',
    )
  })

  test.each(['nonsense', 'ftp://127.0.0.1', 'http://127.0.0.1:8080/base', 'http://127.0.0.1?q'])(
    'refuses the origin %s',
    (origin) => {
      expect(() => importOpenApi(text({ paths: { '/a': { get: ok } } }), { origin })).toThrow(/is no origin/u)
    },
  )

  test.each([
    ['YAML', 'openapi: 3.1.0\ninfo: {}\n', /which looks like YAML, is no JSON/u],
    ['no JSON', '<xml/>', /is no JSON/u],
    ['Swagger 2', '{"swagger":"2.0","paths":{}}', /the version 2\.0 of OpenAPI is not read here/u],
    ['a later version', '{"openapi":"4.0.0"}', /the version 4\.0\.0/u],
    ['something else', '[]', /the version \(none\)/u],
    ['without operations', JSON.stringify({ ...base, paths: {} }), /has no operation/u],
  ])('is refused where it is %s, with what to do', (_, document, message) => {
    expect(() => importOpenApi(document)).toThrow(message)
    expect(() => importOpenApi(document)).toThrow(
      expect.objectContaining({
        code: 'bad-import',
        exitCode: 104,
        hint: expect.stringMatching(/convert YAML first/u) as string,
      }) as Error,
    )
  })
})
