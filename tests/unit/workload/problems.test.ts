import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { problemsOf, workloadFiles } from '../../support/workload.ts'

const step = (text: string): string => `/${text.replaceAll('~', '~0').replaceAll('/', '~1')}`

/** Rows of: what it is, the workload, the place of its one problem, what the message says. */
type Cases = readonly (readonly [string, object, string, RegExp])[]

function tellsOf(cases: Cases, whole: (part: object) => object = (part) => part): void {
  test.each(cases)('is told of %s', (_, part, where, message) => {
    expect(problemsOf(whole(part))).toEqual({ [where]: expect.stringMatching(message) as string })
  })
}

const request = (part: object) => ({ requests: [{ path: '/', ...part }] })

describe('a workload', () => {
  tellsOf([
    ['another protocol', { protocol: 'htpp', pth: 1 }, '/protocol', /did you mean "http"\?$/u],
    [
      'a key of another protocol',
      { framing: 'line' },
      '/framing',
      /unknown key "framing", allowed: protocol, timeout/u,
    ],
    ['no time at all', { timeout: '0s' }, '/timeout', /more than 0/u],
    [
      'requests and scenarios',
      { requests: [{ path: '/' }], scenarios: [{ name: 'a', steps: [{ path: '/a' }] }] },
      '',
      /^found requests and scenarios, allowed: one of them$/u,
    ],
    ['requests and a script', { requests: [{ path: '/' }], script: 'iteration.ts' }, '', /requests and script/u],
    [
      'nothing to send',
      { protocol: 'websocket' },
      '',
      /^found none of requests, scenarios and script, allowed: one of them$/u,
    ],
    ['an empty list of requests', { requests: [] }, '/requests', /an empty list, allowed: a list that is not empty/u],
    ['an empty list of scenarios', { scenarios: [] }, '/scenarios', /an empty list/u],
    ['a scenario without steps', { scenarios: [{ name: 'a', steps: [] }] }, '/scenarios/0/steps', /an empty list/u],
    ['a scenario without a name', { scenarios: [{ steps: [{ path: '/' }] }] }, '/scenarios/0/name', /^found nothing/u],
    [
      'a weight in a step',
      { scenarios: [{ name: 'a', steps: [{ path: '/', weight: 2 }] }] },
      '/scenarios/0/steps/0/weight',
      /unknown key/u,
    ],
    ['a weight of nothing', request({ weight: 0 }), '/requests/0/weight', /a number over 0/u],
    [
      'two scenarios of one name',
      {
        scenarios: [
          { name: 'a', steps: [{ path: '/1' }] },
          { name: 'a', steps: [{ path: '/2' }] },
        ],
      },
      '/scenarios/1/name',
      /"a" once more/u,
    ],
    [
      'two steps of one name in different scenarios',
      {
        scenarios: [
          { name: 'a', steps: [{ name: 'x', path: '/' }] },
          { name: 'b', steps: [{ name: 'x', path: '/' }] },
        ],
      },
      '/scenarios/1/steps/0/name',
      /"x" once more, allowed/u,
    ],
    [
      'two steps of one default name',
      { scenarios: [{ name: 'a', steps: [{ path: '/' }, { path: '/' }] }] },
      '/scenarios/0/steps/1/name',
      /"a: GET \/" once more, the name it has by default: give it one/u,
    ],
    ['a script that is no module', { script: 'users.csv' }, '/script', /ends in \.ts, \.mts, \.js, \.mjs$/u],
    ['a script that is not there', { script: 'no.ts' }, '/script', /^found "no\.ts", allowed: a file that exists/u],
  ])
})

describe('a pause', () => {
  tellsOf(
    [
      ['no unit', { pause: 5 }, '/requests/0/pause', /^found 5, allowed: a duration/u],
      ['an unknown distribution', { pause: { normal: '1s' } }, '/requests/0/pause/normal', /unknown key/u],
      ['one bound', { pause: { uniform: ['1s'] } }, '/requests/0/pause/uniform', /the shortest and the longest/iu],
      [
        'bounds the wrong way round',
        { pause: { uniform: ['2s', '1s'] } },
        '/requests/0/pause/uniform',
        /^found 2s to 1s/u,
      ],
      ['a mean without a unit', { pause: { exponential: 1 } }, '/requests/0/pause/exponential', /a duration/u],
    ],
    (part) => ({ requests: [{ path: '/', ...part }] }),
  )

  test('is told of both and of neither distribution', () => {
    expect(Object.keys(problemsOf(request({ pause: {} })))).toEqual(['/requests/0/pause'])
    const both = problemsOf(request({ pause: { uniform: ['1s', '2s'], exponential: '1s' } }))
    expect(Object.keys(both)).toEqual(['/requests/0/pause/exponential'])
  })
})

describe('a connection of HTTP', () => {
  tellsOf([
    ['another version', { version: '3' }, '/version', /"1\.1", "2"/u],
    ['streams over HTTP/1.1', { streams: 10 }, '/streams', /^found 10, allowed: nothing/u],
    ['pipelining over HTTP/2', { version: '2', pipelining: 2 }, '/pipelining', /^found 2, allowed: nothing/u],
    ['keepAlive over HTTP/2', { version: '2', keepAlive: true }, '/keepAlive', /allowed: nothing/u],
    ['pipelining without keepAlive', { pipelining: 2, keepAlive: false }, '/pipelining', /1 where keepAlive is false/u],
    ['no requests ahead', { pipelining: 0 }, '/pipelining', /a whole number from 1 to 1000/u],
    [
      'a socket with a long path',
      { socketPath: `/tmp/${'x'.repeat(103)}` },
      '/socketPath',
      /at most 107 bytes \(it has 108\)/u,
    ],
    ['a socket path with a zero', { socketPath: 'a\0b' }, '/socketPath', /none of them 0/u],
    ['a word for TLS', { tls: 'yes' }, '/tls', /true or false or an object/u],
    ['an unknown key of TLS', { tls: { cipher: 'x' } }, '/tls/cipher', /unknown key/u],
    ['an address for a name', { tls: { servername: '127.0.0.1' } }, '/tls/servername', /a host name/u],
    ['an authority that is not there', { tls: { ca: 'no.pem' } }, '/tls/ca', /a file that exists/u],
    [
      'an authority that is none',
      { tls: { ca: 'users.csv' } },
      '/tls/ca',
      /a PEM file of certificates \(there is none in it\)/u,
    ],
    [
      'a certificate without a key',
      { tls: { cert: '../scenarios/certificates/client.pem' } },
      '/tls/key',
      /required beside cert/u,
    ],
    [
      'a key without a certificate',
      { tls: { key: '../scenarios/certificates/client.key' } },
      '/tls/cert',
      /required beside key/u,
    ],
    [
      'the key of another certificate',
      { tls: { cert: '../scenarios/certificates/client.pem', key: '../scenarios/certificates/server.key' } },
      '/tls/key',
      /allowed: the key of cert$/u,
    ],
    [
      'a certificate for a key',
      { tls: { cert: '../scenarios/certificates/client.pem', key: '../scenarios/certificates/client.pem' } },
      '/tls/key',
      /a PEM file of a private key/u,
    ],
  ])
})

describe('a request of HTTP', () => {
  tellsOf(
    [
      ['another method', { method: 'get' }, '/requests/0/method', /did you mean "GET"\?$/u],
      ['a path with a space', { path: '/a b' }, '/requests/0/path', /without spaces/u],
      ['a path with a fragment', { path: '/a#b' }, '/requests/0/path', /characters to be escaped/u],
      ['a path that begins with a hole', { path: '{{$user}}/' }, '/requests/0/path', /^found/u],
      ['a path with a space beside a hole', { path: '/{{$user}} HTTP/1.1' }, '/requests/0/path', /without spaces/u],
      ['a header name with a space', { headers: { 'a b': 'c' } }, '/requests/0/headers/a b', /a header name/u],
      ['a framing header', { headers: { Connection: 'close' } }, '/requests/0/headers/Connection', /sends itself/u],
      ['a header of two lines', { headers: { a: 'b\r\nc: d' } }, '/requests/0/headers/a', /one line of Latin-1/u],
      ['a header that is cut to a line break', { headers: { a: 'b\u010dc' } }, '/requests/0/headers/a', /Latin-1/u],
      ['a number for a header', { headers: { a: 1 } }, '/requests/0/headers/a', /^found 1, allowed: text/u],
      ['a number for a body', { body: 5 }, '/requests/0/body', /text or an object/u],
      ['a body of nothing', { body: {} }, '/requests/0/body', /one of "file", "generated"/u],
      ['an unknown body', { body: { fil: 'x' } }, '/requests/0/body', /did you mean "file"\?$/u],
      [
        'a body of both',
        { body: { file: 'upload.txt', generated: '1kb' } },
        '/requests/0/body/generated',
        /unknown key/u,
      ],
      ['a body that is not there', { body: { file: 'no.bin' } }, '/requests/0/body/file', /a file that exists/u],
      ['a body that is a folder', { body: { file: 'protos' } }, '/requests/0/body/file', /not a folder/u],
      ['a body of a file by a hole', { body: { file: '{{$user}}.bin' } }, '/requests/0/body/file', /without holes/u],
      ['generated bytes without a unit', { body: { generated: 10 } }, '/requests/0/body/generated', /a size/u],
      ['an unknown expectation', { expect: { stat: 200 } }, '/requests/0/expect/stat', /did you mean "status"\?$/u],
      ['a status that is none', { expect: { status: 99 } }, '/requests/0/expect/status', /from 100 to 599 or null/u],
    ],
    request,
  )

  test('must not have headers of connections over HTTP/2', () => {
    const headers = { 'Keep-Alive': '5' }
    expect(problemsOf({ version: '2', ...request({ headers }) })).toMatchObject({
      '/requests/0/headers/Keep-Alive': expect.stringMatching(/sends itself/u) as string,
    })
    expect(problemsOf(request({ headers }))).toEqual({})
  })

  test('may have holes in its path, its headers and its body', () => {
    const holes = {
      path: '/{{$user}}?a={{ $random:1:9 }}&b=\\{{x}}',
      headers: { 'x-{{$user}}': 'a {{$uuid}}' },
      body: '{"a":{{$iteration}}}',
    }
    expect(problemsOf(request(holes))).toEqual({})
  })
})

describe('an expectation', () => {
  tellsOf(
    [
      ['a header name that is none', { headers: { 'a b': '' } }, '/requests/0/expect/headers/a b', /a header name/u],
      [
        'a bad pattern of a header',
        { headers: { a: { matches: '(' } } },
        '/requests/0/expect/headers/a/matches',
        /regular expression/u,
      ],
      [
        'a header of an unknown kind',
        { headers: { a: { matchs: 'b' } } },
        '/requests/0/expect/headers/a/matchs',
        /did you mean "matches"/u,
      ],
      ['nothing to contain', { contains: '' }, '/requests/0/expect/contains', /not empty/u],
      ['a bad pattern', { matches: '[' }, '/requests/0/expect/matches', /^found "\[", allowed: a regular expression/u],
      [
        'a pattern that only an older dialect has',
        { matches: '\\d{1' },
        '/requests/0/expect/matches',
        /regular expression/u,
      ],
      ['no pointer', { json: { 'a/b': 1 } }, `/requests/0/expect/json${step('a/b')}`, /a JSON pointer/u],
      ['a pointer with a bad escape', { json: { '/a~2': 1 } }, `/requests/0/expect/json${step('/a~2')}`, /~0 for ~/u],
      ['no pointer at all', { json: {} }, '/requests/0/expect/json', /an empty object/u],
      ['a size without a unit', { size: 12 }, '/requests/0/expect/size', /^found 12, allowed: a size/u],
      ['a size without bounds', { size: {} }, '/requests/0/expect/size', /an empty object/u],
      [
        'bounds the wrong way round',
        { size: { min: '2kb', max: '1kb' } },
        '/requests/0/expect/size/max',
        /at least min, 2kb/u,
      ],
      ['an unknown bound', { size: { least: '1b' } }, '/requests/0/expect/size/least', /unknown key/u],
      ['no time at all', { time: '0s' }, '/requests/0/expect/time', /more than 0/u],
      ['a hole that would not be filled', { body: 'user {{$user}}' }, '/requests/0/expect/body', /a fixed text/u],
    ],
    (part) => request({ expect: part }),
  )

  test('may contain braces that name nothing here', () => {
    expect(problemsOf(request({ expect: { contains: '{{mustache}}', json: { '/a': '{{' } } }))).toEqual({})
  })

  test('asks nothing of a body that the answer to HEAD has not', () => {
    const problems = problemsOf(
      request({
        method: 'HEAD',
        expect: {
          body: 'x',
          contains: 'x',
          matches: 'x',
          json: { '': 1 },
          size: '0b',
          headers: { a: 'b' },
          time: '1s',
        },
        extract: { a: { json: '' }, b: { header: 'b' }, c: { matches: '' } },
      }),
    )
    expect(Object.keys(problems).toSorted()).toEqual([
      '/requests/0/expect/body',
      '/requests/0/expect/contains',
      '/requests/0/expect/json',
      '/requests/0/expect/matches',
      '/requests/0/extract/a',
      '/requests/0/extract/c',
    ])
    expect(problems['/requests/0/expect/body']).toMatch(/the answer to HEAD has no body$/u)
  })
})

describe('an extraction', () => {
  tellsOf(
    [
      ['a name that is none', { 'a.b': { json: '' } }, '/requests/0/extract/a.b', /found the name "a\.b"/u],
      ['a name of prototypes', { __x: { json: '' } }, '/requests/0/extract/__x', /a letter first/u],
      ['nothing to take', { a: {} }, '/requests/0/extract/a', /an object that is not empty/u],
      ['two ways', { a: { json: '', header: 'b' } }, '/requests/0/extract/a', /^found json and header, allowed: one/u],
      ['an unknown way', { a: { jsn: '' } }, '/requests/0/extract/a/jsn', /did you mean "json"\?/u],
      ['no pointer', { a: { json: 'token' } }, '/requests/0/extract/a/json', /a JSON pointer/u],
      ['a header name that is none', { a: { header: 'b c' } }, '/requests/0/extract/a/header', /a header name/u],
      ['a bad pattern', { a: { matches: '*' } }, '/requests/0/extract/a/matches', /regular expression/u],
    ],
    (part) => request({ extract: part }),
  )
})

describe('a hole', () => {
  const whole = (part: object) => ({
    variables: { token: 't' },
    feeds: { users: { file: 'users.csv' } },
    ...request(part),
  })
  tellsOf(
    [
      [
        'a name that is unknown',
        { path: '/{{tokn}}' },
        '/requests/0/path',
        /^found \{\{tokn\}\}, allowed: a variable, .*"token", "users\.id".*did you mean "token"\?$/u,
      ],
      [
        'a column that is missing',
        { body: '{{users.mail}}' },
        '/requests/0/body',
        /^found \{\{users\.mail\}\}, allowed: a column of users: "id", "name", "email"; did you mean "email"\?$/u,
      ],
      ['a feed that is unknown', { body: '{{user.id}}' }, '/requests/0/body', /did you mean "users\.id"\?$/u],
      ['a built-in that is unknown', { body: '{{$usr}}' }, '/requests/0/body', /did you mean "\$user"\?$/u],
      [
        'bad arguments',
        { body: '{{$random:9:1}}' },
        '/requests/0/body',
        /\$random:FROM:TO, two whole numbers in order$/u,
      ],
      ['arguments too many', { body: '{{$user:1}}' }, '/requests/0/body', /allowed: \$user$/u],
      ['no end', { body: 'a {{token' }, '/requests/0/body', /^found \{\{ without a name and \}\} after it/u],
      ['nothing in it', { body: 'a {{}}' }, '/requests/0/body', /^found \{\{\}\}, allowed: a variable/u],
      ['a bad name in a header name', { headers: { 'x-{{a}}': 'b' } }, '/requests/0/headers/x-{{a}}', /\{\{a\}\}/u],
      [
        'a bad name in a header',
        { headers: { 'x/y': '{{a}}' } },
        `/requests/0/headers${step('x/y')}`,
        /\{\{a\}\}|header name/u,
      ],
    ],
    whole,
  )

  test('may name a variable, a column, or what an earlier step extracts, and nothing else', () => {
    const scenarios = [
      {
        name: 'a',
        steps: [
          { path: '/login/{{token}}/{{users.id}}', extract: { session: { json: '/s' } } },
          { path: '/cart/{{session}}', extract: { cart: { json: '/c' } } },
          { path: '/pay/{{session}}/{{cart}}' },
        ],
      },
      { name: 'b', steps: [{ path: '/pay/{{cart}}' }] },
      {
        name: 'c',
        steps: [
          { path: '/own/{{own}}', extract: { own: { json: '/o' } } },
          { path: '/x/{{own}}', headers: { late: '{{later}}' } },
          { path: '/z', extract: { later: { header: 'l' } } },
        ],
      },
    ]
    const problems = problemsOf({ variables: { token: 't' }, feeds: { users: { file: 'users.csv' } }, scenarios })
    expect(problems).toEqual({
      '/scenarios/1/steps/0/path': expect.stringMatching(/^found \{\{cart\}\}, allowed: a variable/u) as string,
      '/scenarios/2/steps/0/path': expect.stringMatching(/extracted by this step or a later one$/u) as string,
      '/scenarios/2/steps/1/headers/late': expect.stringMatching(/extracted by this step or a later one$/u) as string,
    })
  })

  test('is no problem of its own where the feed could not be read', () => {
    const problems = problemsOf({ feeds: { users: { file: 'no.csv' } }, ...request({ path: '/{{users.any}}' }) })
    expect(Object.keys(problems)).toEqual(['/feeds/users/file'])
  })

  test('is not filled in where connections are made', () => {
    const problems = problemsOf({
      protocol: 'websocket',
      path: '/{{$user}}',
      headers: { a: '{{$uuid}}' },
      requests: [{ send: '{{$uuid}}' }],
    })
    expect(Object.keys(problems)).toEqual(['/path', '/headers/a'])
  })
})

describe('data', () => {
  tellsOf([
    ['a variable that is no text', { variables: { a: 1 } }, '/variables/a', /^found 1, allowed: text/u],
    ['a variable with a bad name', { variables: { 'a b': '' } }, '/variables/a b', /letters, digits/u],
    ['a feed without a file', { feeds: { a: {} } }, '/feeds/a/file', /^found nothing, required/u],
    ['another order', { feeds: { a: { file: 'users.csv', order: 'shuffled' } } }, '/feeds/a/order', /"sequential"/u],
    ['a feed with a bad name', { feeds: { '1': { file: 'users.csv' } } }, '/feeds/1', /a letter first/u],
    [
      'a feed that is not there',
      { feeds: { a: { file: 'no.csv' } } },
      '/feeds/a/file',
      /^found "no\.csv", allowed: a file that exists \(there is none at /u,
    ],
    ['a feed of another kind', { feeds: { a: { file: 'upload.txt' } } }, '/feeds/a/file', /\.csv or \.json$/u],
    ['a feed that is a folder', { feeds: { a: { file: 'x.csv/../protos' } } }, '/feeds/a/file', /ends in \.csv/u],
  ])
})

describe('a file of a feed', () => {
  let directory = ''
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'soakrig-feeds-'))
  })
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  const problemWith = (name: string, content: string | Uint8Array): string | undefined => {
    mkdirSync(dirname(join(directory, name)), { recursive: true })
    writeFileSync(join(directory, name), content)
    return problemsOf({ feeds: { it: { file: name } } }, directory)['/feeds/it/file']
  }

  test.each<[string, string, string, RegExp]>([
    ['no rows', '1.csv', 'a,b\n', /^found "1\.csv", allowed: a file with at least one row$/u],
    ['nothing at all', '2.csv', '', /at least one row/u],
    ['a row that is too short', '3.csv', 'a,b\n1,2\n3\n', /row 2 of which has 1 values, allowed: 2/u],
    ['a row that is too long', '4.csv', 'a,b\n1,2,3\n', /row 1 of which has 3 values, allowed: 2/u],
    ['a column twice', '5.csv', 'a,b,a\n1,2,3\n', /the column "a" twice/u],
    ['a column without a name', '6.csv', 'a,\n1,2\n', /a column without a name/u],
    ['an open quote', '7.csv', 'a,b\n"1,2\n', /allowed: CSV \(/u],
    ['no JSON', '1.json', '[{"a":1}', /allowed: JSON \(/u],
    ['no list', '2.json', '{"a":1}', /which holds an object, allowed: a list of flat objects/u],
    ['an empty list', '3.json', '[]', /at least one row/u],
    ['a row that is no object', '4.json', '[{"a":1},[1]]', /row 2 of which is a list, allowed: a flat object/u],
    ['a row that is not flat', '5.json', '[{"a":{"b":1}}]', /row 1 of which has an object as "a"/u],
    [
      'a row without a column',
      '6.json',
      '[{"a":1,"b":2},{"a":1}]',
      /row 2 of which has "a", allowed: the columns of the first, "a", "b"/u,
    ],
    ['a row with another column', '7.json', '[{"a":1},{"b":1}]', /row 2 of which has "b"/u],
  ])('is told of %s', (_, name, content, message) => {
    expect(problemWith(name, content)).toMatch(message)
  })

  test('is told of bytes that are no text, and of a size that no profile should have', () => {
    expect(problemWith('latin1.csv', new Uint8Array([0x61, 0x0a, 0xfc, 0x0a]))).toMatch(/it is not UTF-8/u)
    writeFileSync(join(directory, 'large.csv'), '')
    truncateSync(join(directory, 'large.csv'), 65 * 2 ** 20)
    expect(problemsOf({ feeds: { it: { file: 'large.csv' } } }, directory)['/feeds/it/file']).toMatch(/at most 64 MiB/u)
  })

  test('may have a byte order mark, CRLF and quoted line breaks', () => {
    expect(problemWith('dos.csv', '\uFEFFa,b\r\n1,"x\r\ny"\r\n')).toBeUndefined()
  })
})

describe('a workload of messages', () => {
  const websocket = (part: object) => ({ protocol: 'websocket', requests: [{ send: 'x', ...part }] })
  tellsOf([
    [
      'no message',
      { protocol: 'websocket', requests: [{}] },
      '/requests/0/send',
      /^found nothing, required \(The message\)/u,
    ],
    ['another encoding', websocket({ encoding: 'utf8' }), '/requests/0/encoding', /"text", "base64", "hex"/u],
    ['bad base64', websocket({ send: 'a', encoding: 'base64' }), '/requests/0/send', /allowed: base64/u],
    ['bad hex', websocket({ send: 'abc', encoding: 'hex' }), '/requests/0/send', /allowed: hex/u],
    [
      'holes in bytes',
      websocket({ send: '{{$user}}', encoding: 'hex' }),
      '/requests/0/send',
      /no holes beside an encoding/u,
    ],
    ['half a reply', websocket({ replies: 0.5 }), '/requests/0/replies', /a whole number/u],
    ['a status', websocket({ expect: { status: 200 } }), '/requests/0/expect/status', /unknown key/u],
    [
      'a header to extract',
      websocket({ extract: { a: { header: 'b' } } }),
      '/requests/0/extract/a/header',
      /unknown key "header", allowed: json, matches/u,
    ],
    [
      'an answer that is not waited for',
      websocket({ replies: 0, expect: { contains: 'x' } }),
      '/requests/0/expect/contains',
      /with 0 replies nothing is waited for$/u,
    ],
    ['a path without /', { ...websocket({}), path: 'x' }, '/path', /^found "x"/u],
    [
      'a header of the handshake',
      { ...websocket({}), headers: { 'Sec-WebSocket-Key': 'x' } },
      '/headers/Sec-WebSocket-Key',
      /sends itself/u,
    ],
    ['a subprotocol that is none', { ...websocket({}), subprotocols: ['a b'] }, '/subprotocols/0', /^found "a b"/u],
    ['a subprotocol twice', { ...websocket({}), subprotocols: ['a', 'a'] }, '/subprotocols', /without repetitions/u],
  ])

  const tcp = (framing: unknown, part: object = {}) => ({
    protocol: 'tcp',
    framing,
    requests: [{ send: 'x', ...part }],
  })
  tellsOf([
    [
      'another framing',
      tcp('lines'),
      '/framing',
      /^found "lines", allowed: "line" \(or an object with line, lengthPrefixed or fixed\)/u,
    ],
    ['a framing of nothing', tcp({}), '/framing', /an object that is not empty/u],
    ['two framings', tcp({ line: '\n', fixed: '1b' }), '/framing/fixed', /allowed: nothing beside/u],
    ['a delimiter of nothing', tcp({ line: '' }), '/framing/line', /not empty/u],
    ['a prefix of 3 bytes', tcp({ lengthPrefixed: 3 }), '/framing/lengthPrefixed', /1, 2, 4/u],
    ['a message of nothing', tcp({ fixed: '0b' }, { send: '' }), '/framing/fixed', /more than 0b/u],
    ['no longest message', { ...tcp('line'), maxMessage: '0b' }, '/maxMessage', /more than 0b/u],
    [
      'a delimiter in a message',
      tcp({ line: '\r\n' }, { send: 'a\r\nb' }),
      '/requests/0/send',
      /which ends a message/u,
    ],
    ['a delimiter beside a hole', tcp('line', { send: '{{$user}}\n' }), '/requests/0/send', /which ends a message/u],
    [
      'a delimiter in bytes',
      tcp('line', { send: '610a', encoding: 'hex' }),
      '/requests/0/send',
      /which ends a message/u,
    ],
    [
      'a message too long for its prefix',
      tcp({ lengthPrefixed: 1 }, { send: 'x'.repeat(256) }),
      '/requests/0/send',
      /found 256 bytes, allowed: at most 255/u,
    ],
    [
      'a message of another size',
      tcp({ fixed: '4b' }, { send: 'abc' }),
      '/requests/0/send',
      /found 3 bytes, allowed: 4/u,
    ],
  ])

  test('may be of a size that only its holes make right', () => {
    expect(problemsOf(tcp({ fixed: '4b' }, { send: '{{$random:1000:9999}}' }))).toEqual({})
  })

  const udp = (part: object) => ({ protocol: 'udp', requests: [part] })
  tellsOf([
    ['a datagram without room for its header', udp({ size: '15b' }), '/requests/0/size', /16 to 65507 bytes/u],
    ['a datagram that IPv4 has no room for', udp({ size: '65508b' }), '/requests/0/size', /16 to 65507 bytes/u],
    ['an extraction', udp({ extract: {} }), '/requests/0/extract', /unknown key/u],
    ['a body', udp({ expect: { body: 'x' } }), '/requests/0/expect/body', /unknown key/u],
    [
      'a time that nothing comes in',
      udp({ reply: false, expect: { time: '1s' } }),
      '/requests/0/expect/time',
      /without a reply/u,
    ],
    ['no buffer', { protocol: 'udp', receiveBuffer: '0b' }, '/receiveBuffer', /1 to 1073741824 bytes/u],
  ])

  const grpc = (part: object, whole: object = {}) => ({
    protocol: 'grpc',
    proto: 'shop.proto',
    ...whole,
    requests: [{ method: 'shop.Orders/Place', ...part }],
  })
  tellsOf([
    ['no .proto', { protocol: 'grpc', requests: [{ method: 'a.B/C' }] }, '/proto', /^found nothing, required/u],
    ['a .proto that is not there', grpc({}, { proto: 'no.proto' }), '/proto', /a file that exists/u],
    [
      'a folder that is not there',
      grpc({}, { includeDirs: ['protos', 'no'] }),
      '/includeDirs/1',
      /a folder that exists/u,
    ],
    ['a method without a service', grpc({ method: 'Place' }), '/requests/0/method', /package\.Service\/Method/u],
    [
      'one message and several',
      grpc({ message: {}, messages: [] }),
      '/requests/0/messages',
      /allowed: nothing beside/u,
    ],
    ['a message that is no object', grpc({ message: 'x' }), '/requests/0/message', /an object/u],
    [
      'metadata of gRPC itself',
      grpc({ metadata: { 'grpc-timeout': '1' } }),
      '/requests/0/metadata/grpc-timeout',
      /not grpc- first/u,
    ],
    ['metadata that is no ASCII', grpc({ metadata: { a: 'ü' } }), '/requests/0/metadata/a', /printable ASCII/u],
    ['a code that is none', grpc({ expect: { status: 17 } }), '/requests/0/expect/status', /from 0 to 16 or null/u],
    [
      'a hole of an unknown name',
      grpc({ message: { a: [{ b: '{{x}}' }] } }),
      '/requests/0/message/a/0/b',
      /\{\{x\}\}/u,
    ],
  ])
})

describe('all problems of a workload', () => {
  test('are told at once, each in its place', () => {
    const problems = problemsOf(
      {
        timeout: '0s',
        streams: 5,
        tls: { ca: 'no.pem', cert: 'no.pem' },
        variables: { '1': 'x' },
        feeds: { a: { file: 'no.csv' }, b: { file: 'users.csv', order: 'x' } },
        scenarios: [
          {
            name: 'a',
            weight: -1,
            steps: [
              { path: '/{{x}}', expect: { matches: '(', size: 5 }, extract: { t: { json: 'x' } }, pause: 1 },
              { pth: '/' },
            ],
          },
          { name: 'a', steps: [{ path: 'x', headers: { host: '\n' } }] },
        ],
      },
      workloadFiles,
    )
    expect(Object.keys(problems).toSorted()).toEqual([
      '/feeds/a/file',
      '/feeds/b/order',
      '/scenarios/0/steps/0/expect/matches',
      '/scenarios/0/steps/0/expect/size',
      '/scenarios/0/steps/0/extract/t/json',
      '/scenarios/0/steps/0/path',
      '/scenarios/0/steps/0/pause',
      '/scenarios/0/steps/1/pth',
      '/scenarios/0/weight',
      '/scenarios/1/name',
      '/scenarios/1/steps/0/headers/host',
      '/scenarios/1/steps/0/path',
      '/streams',
      '/timeout',
      '/tls/ca',
      '/tls/cert',
      '/tls/key',
      '/variables/1',
    ])
    for (const message of Object.values(problems)) expect(message).toMatch(/^found .+, (allowed|required)/u)
  })

  test('say nothing of what is no workload at all', () => {
    for (const workload of [[], 'x', null, 5]) expect(Object.keys(problemsOf(workload as object))).toEqual([''])
  })
})
