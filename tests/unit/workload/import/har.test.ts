import { describe, expect, test } from 'vitest'
import { importHar } from '../../../../harness/workload/import/har.ts'
import { render } from '../../../../harness/workload/template.ts'
import { importedRequests, importedWorkload } from '../../../support/imported.ts'

interface Shape {
  readonly method?: string
  readonly url?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly postData?: object
  readonly status?: number
  readonly startMs?: number
  readonly timeMs?: number
  readonly httpVersion?: string
}

const start = Date.parse('2026-01-01T10:00:00.000Z')

function entry({
  method = 'GET',
  url = 'http://127.0.0.1:8080/',
  headers = {},
  postData,
  status = 200,
  startMs = 0,
  timeMs = 10,
  httpVersion = 'HTTP/1.1',
}: Shape) {
  return {
    startedDateTime: new Date(start + startMs).toISOString(),
    time: timeMs,
    request: {
      method,
      url,
      httpVersion,
      headers: Object.entries(headers).map(([name, value]) => ({ name, value })),
      ...(postData && { postData }),
    },
    response: { status },
  }
}

const har = (...entries: readonly object[]): string => JSON.stringify({ log: { version: '1.2', entries } })

describe('a HAR recording', () => {
  test('becomes a mix of its requests, equal ones by their number', () => {
    const imported = importHar(
      har(
        entry({ url: 'http://localhost:8080/a?b=c d&e=ü' }),
        entry({ url: 'http://localhost:8080/b', method: 'DELETE', status: 404 }),
        entry({ url: 'http://localhost:8080/a?b=c d&e=ü' }),
      ),
    )
    expect(imported.document).toEqual({
      target: { url: 'http://localhost:8080' },
      workload: {
        protocol: 'http',
        requests: [
          { path: '/a?b=c%20d&e=%C3%BC', weight: 2 },
          { method: 'DELETE', path: '/b', expect: { status: 404 } },
        ],
      },
    })
    expect(imported.notes).toEqual([])
    importedWorkload(imported)
  })

  test('becomes one scenario in its order, with the pauses between an answer and the next request', () => {
    const imported = importHar(
      har(
        entry({ url: 'http://127.0.0.1:8080/1', startMs: 0, timeMs: 100 }),
        entry({ url: 'http://127.0.0.1:8080/2', startMs: 1600.4, timeMs: 50 }),
        entry({ url: 'http://127.0.0.1:8080/3', startMs: 1610, timeMs: 50 }),
        entry({ url: 'http://127.0.0.1:8080/1', startMs: 1660.5, timeMs: 50 }),
      ),
      { scenario: true },
    )
    expect(imported.document['workload']).toEqual({
      protocol: 'http',
      scenarios: [
        {
          name: 'recorded',
          steps: [{ path: '/1' }, { path: '/2', pause: '1500ms' }, { path: '/3' }, { name: 'GET /1 (2)', path: '/1' }],
        },
      ],
    })
    importedWorkload(imported)
  })

  test('loses the headers of connections and browsers, and says so', () => {
    const imported = importHar(
      har(
        entry({
          headers: {
            ':authority': 'a',
            Host: 'a',
            Connection: 'keep-alive',
            'Content-Length': '0',
            'Sec-Fetch-Mode': 'cors',
            'sec-ch-ua': '"x"',
            'Upgrade-Insecure-Requests': '1',
            Accept: '*/*',
            'X-Odd': 'a\nb',
            Cookie: 'a=b',
          },
        }),
      ),
    )
    expect(importedRequests(imported)[0]?.message.headers).toEqual({ accept: '*/*', cookie: 'a=b' })
    for (const name of [':authority', 'host', 'connection', 'content-length', 'sec-fetch-mode', 'sec-ch-ua'])
      expect(imported.notes).toContain(`left out the header ${name}, which a connection or a browser adds by itself`)
    expect(imported.notes).toContain('left out the header "X-Odd": it is no line of Latin-1 text')
    expect(imported.notes.at(-1)).toMatch(/^the header cookie may hold a secret/u)
  })

  test('keeps headers of the same name as one', () => {
    const recorded = entry({})
    recorded.request.headers.push(
      { name: 'Accept', value: 'a' },
      { name: 'accept', value: 'b' },
      { name: 'cookie', value: 'c=1' },
      { name: 'cookie', value: 'd=2' },
    )
    expect(importedRequests(importHar(har(recorded)))[0]?.message.headers).toEqual({
      accept: 'a, b',
      cookie: 'c=1; d=2',
    })
  })

  test('keeps bodies of texts and forms, with their types', () => {
    const requests = importedRequests(
      importHar(
        har(
          entry({
            method: 'POST',
            url: 'http://127.0.0.1:8080/1',
            postData: { mimeType: 'application/json', text: '{"a":1}' },
          }),
          entry({
            method: 'POST',
            url: 'http://127.0.0.1:8080/2',
            headers: { 'Content-Type': 'text/x' },
            postData: { mimeType: 'text/y', text: 'ü' },
          }),
          entry({
            method: 'POST',
            url: 'http://127.0.0.1:8080/3',
            postData: {
              mimeType: 'application/x-www-form-urlencoded',
              params: [{ name: 'a b', value: 'c&d' }, { name: 'e' }],
            },
          }),
        ),
      ),
    )
    expect(requests.map(({ message }) => [message.body, message.headers['content-type']])).toEqual([
      [{ kind: 'text', text: '{"a":1}' }, 'application/json'],
      [{ kind: 'text', text: 'ü' }, 'text/x'],
      [{ kind: 'text', text: 'a+b=c%26d&e=' }, 'application/x-www-form-urlencoded'],
    ])
  })

  test('says which bodies it had to leave out', () => {
    const { notes } = importHar(
      har(
        entry({ method: 'POST', postData: { mimeType: 'image/png', encoding: 'base64', text: 'AAEC' } }),
        entry({
          method: 'PUT',
          postData: { mimeType: 'multipart/form-data; boundary=x', params: [{ name: 'f', fileName: 'a.png' }] },
        }),
      ),
    )
    expect(notes).toEqual([
      expect.stringMatching(/^left out the body of POST \/: it is binary/u),
      expect.stringMatching(/^left out the form of PUT \//u),
    ])
  })

  test('takes the first origin unless it is told another, and counts the others', () => {
    const recording = har(
      entry({ url: 'data:text/plain,x' }),
      entry({ url: 'https://shop.example/a' }),
      entry({ url: 'https://cdn.example/b' }),
      entry({ url: 'https://cdn.example/c' }),
      entry({ url: 'wss://shop.example/socket' }),
      entry({ method: 'CONNECT', url: 'https://shop.example/' }),
    )
    const first = importHar(recording)
    expect(first.document).toEqual({
      target: { url: 'https://shop.example:443' },
      workload: { protocol: 'http', tls: true, requests: [{ path: '/a' }] },
    })
    expect(first.notes).toEqual([
      'left out requests to data:',
      'left out requests to wss:',
      'left out requests of method CONNECT',
      'left out 2 requests to https://cdn.example',
      expect.stringMatching(/shop\.example is not this machine: name it with --allow-host/u),
    ])
    const other = importHar(recording, { origin: 'https://cdn.example/' })
    expect(other.document['target']).toEqual({ url: 'https://cdn.example:443' })
    expect(importedRequests(other)).toHaveLength(2)
    expect(() => importHar(recording, { origin: 'http://other' })).toThrow(/holds no request to http:\/\/other/u)
    expect(() => importHar(recording, { origin: 'ftp://x' })).toThrow(/is no origin/u)
  })

  test('speaks HTTP/2 where nothing else was recorded', () => {
    const version = (...versions: string[]) => {
      const { document, notes } = importHar(har(...versions.map((httpVersion) => entry({ httpVersion }))))
      return [(document['workload'] as { version?: string }).version, notes.length]
    }
    expect(version('HTTP/2.0', 'h2')).toEqual(['2', 0])
    expect(version('HTTP/1.1')).toEqual([undefined, 0])
    expect(version('http/2.0', 'HTTP/1.1')).toEqual([undefined, 1])
    expect(version('h3')).toEqual([undefined, 1])
    expect(version('')).toEqual([undefined, 0])
  })

  test('expects any success where there was no answer', () => {
    const imported = importHar(har(entry({ status: 0 })))
    expect(imported.document['workload']).toMatchObject({ requests: [{ expect: { status: null } }] })
    expect(imported.notes).toHaveLength(1)
  })

  test('is sent as it was recorded, whatever braces and references are in it', () => {
    const odd = 'a {{b}} \\{{c}} ${env:HOME} {{{{ }} {{dollar}}'
    const imported = importHar(
      har(
        entry({
          method: 'POST',
          url: `http://127.0.0.1:8080/x?q={{y}}\${env:HOME}`,
          headers: { 'x-odd': odd },
          postData: { mimeType: 'text/plain', text: odd },
        }),
      ),
    )
    const [request] = importedRequests(imported)
    const sent = render(request?.message, (name) => ({ dollar: '$' })[name])
    expect(sent).toMatchObject({
      path: '/x?q={{y}}%24{env:HOME}',
      headers: { 'x-odd': odd },
      body: { kind: 'text', text: odd },
    })
  })

  test('may hold entries that are not as HAR 1.2 says', () => {
    const url = 'http://127.0.0.1:8080/'
    const text = JSON.stringify({
      log: {
        entries: [
          null,
          5,
          { request: null },
          { request: { method: 'GET', url, headers: null, postData: null }, response: null },
          { request: { method: 'POST', url, headers: [null, { name: 'a' }], postData: { text: 5 } }, time: 'x' },
        ],
      },
    })
    for (const scenario of [false, true]) {
      const imported = importHar(text, { scenario })
      expect(importedRequests(imported).map(({ message }) => message)).toMatchObject([
        { method: 'GET' },
        { method: 'POST', headers: { a: '' }, body: { text: '' } },
      ])
      expect(imported.notes[0]).toMatch(/^left out requests to/u)
    }
  })

  test.each([
    ['no JSON', 'x', /the HAR file is no JSON/u],
    ['no HAR', '{"log":{}}', /has no log\.entries/u],
    ['a list', '[]', /has no log\.entries/u],
    ['no request over HTTP', har({}, { request: { url: 'x' } }), /holds no request to any http or https address/u],
  ])('is refused where it is %s', (_, text, message) => {
    expect(() => importHar(text)).toThrow(message)
    expect(() => importHar(text)).toThrow(expect.objectContaining({ code: 'bad-import', exitCode: 104 }) as Error)
  })
})
