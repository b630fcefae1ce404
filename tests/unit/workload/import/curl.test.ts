import { describe, expect, test } from 'vitest'
import { importCurl } from '../../../../harness/workload/import/curl.ts'
import { importedRequests, importedWorkload } from '../../../support/imported.ts'

const here = 'http://127.0.0.1:8080'

/** The one request of a command line, as a run would send it, and its notes. */
function one(options: string) {
  const imported = importCurl(`curl ${options}`)
  const [request] = importedRequests(imported)
  return { ...request?.message, notes: imported.notes }
}

const form = 'application/x-www-form-urlencoded'

describe('a cURL command line', () => {
  test('becomes a request, and expects any success', () => {
    const imported = importCurl(`curl '${here}/a b?c=d'`)
    expect(imported).toEqual({
      document: {
        target: { url: here },
        workload: { protocol: 'http', requests: [{ path: '/a%20b?c=d', expect: { status: null } }] },
      },
      notes: [],
    })
    importedWorkload(imported)
  })

  test.each<[string, string, object]>([
    ['a method', `-X DELETE ${here}/x`, { method: 'DELETE', path: '/x' }],
    ['a method that is attached', `-XPATCH ${here}`, { method: 'PATCH', path: '/' }],
    ['a head', `-I ${here}`, { method: 'HEAD' }],
    ['options that stand together', `-sSLI ${here}`, { method: 'HEAD' }],
    ['a url of its own option', `--url ${here}/u`, { path: '/u' }],
    ['a url without a scheme', '127.0.0.1:8080/y', { path: '/y' }],
    [
      'headers',
      `-H 'X-Id: 7' -H "Accept:text/plain" -H 'X-Empty;' ${here}`,
      { headers: { 'X-Id': '7', Accept: 'text/plain', 'X-Empty': '' } },
    ],
    ['a header given twice', `-H 'X-Id: 7' -H 'x-id: 8' ${here}`, { headers: { 'X-Id': '7, 8' } }],
    [
      'headers that stand where an option would put one',
      `-H 'Accept-Encoding: gzip' --compressed -A a -H 'user-agent: b' -b 'c=d' -H 'Cookie: e=f' -u g:h ${here}`,
      {
        headers: { 'Accept-Encoding': 'gzip', 'user-agent': 'b', Cookie: 'e=f', authorization: 'Basic Zzpo' },
      },
    ],
    ['a header that is taken away', `-A a -H 'User-Agent:' ${here}`, { headers: {} }],
    [
      'data',
      `${here} -d a=1 --data 'b=2 3' --data-raw @c`,
      { method: 'POST', body: { kind: 'text', text: 'a=1&b=2 3&@c' }, headers: { 'content-type': form } },
    ],
    [
      'data with a type',
      `${here} -H 'content-type: application/json' --data-raw $'{"a":"it\\'s\\n"}'`,
      { method: 'POST', body: { text: `{"a":"it's\n"}` }, headers: { 'content-type': 'application/json' } },
    ],
    ['data of another method', `${here} -X PUT --data-binary '{"a":1}'`, { method: 'PUT', body: { text: '{"a":1}' } }],
    [
      'JSON',
      `${here} --json '{"a":' --json '1}'`,
      {
        method: 'POST',
        body: { text: '{"a":1}' },
        headers: { 'content-type': 'application/json', accept: 'application/json' },
      },
    ],
    ['data in the query', `-G ${here}/s -d q=a -d 'p=1'`, { method: 'GET', path: '/s?q=a&p=1', body: { text: '' } }],
    ['data behind a query', `-G '${here}/s?x=y' -d q=a`, { path: '/s?x=y&q=a' }],
    [
      'data to encode',
      `${here} --data-urlencode 'a=b c&ü' --data-urlencode '=d e' --data-urlencode 'f!'`,
      { body: { text: 'a=b%20c%26%C3%BC&d%20e&f%21' } },
    ],
    ['empty data', `${here} -d ''`, { method: 'POST', body: { text: '' } }],
    ['a user', `-u ann:s3cret ${here}`, { headers: { authorization: 'Basic YW5uOnMzY3JldA==' } }],
    [
      'a user in the url',
      'http://ann:s3cret@127.0.0.1:8080/',
      { headers: { authorization: 'Basic YW5uOnMzY3JldA==' } },
    ],
    ['a bearer', `--oauth2-bearer abc ${here}`, { headers: { authorization: 'Bearer abc' } }],
    ['cookies', `-b 'a=1; b=2' --cookie c=3 ${here}`, { headers: { cookie: 'a=1; b=2; c=3' } }],
    [
      'an agent and a referer',
      `-A me -e 'http://a;auto' ${here}`,
      { headers: { 'user-agent': 'me', referer: 'http://a' } },
    ],
    ['a range', `-r 0-99 ${here}`, { headers: { range: 'bytes=0-99' } }],
    ['compression', `--compressed ${here}`, { headers: { 'accept-encoding': 'deflate, gzip, br, zstd' } }],
    ['lines that go on', `${here}/z \\\n  -H 'a: b' \\\n  -X PUT`, { method: 'PUT', path: '/z', headers: { a: 'b' } }],
  ])('has %s', (_, options, message) => {
    expect(one(options)).toMatchObject(message)
  })

  test('may have assignments before it', () => {
    expect(importedRequests(importCurl(`A=b env=c curl ${here}`))).toHaveLength(1)
  })

  test('has connections of its options', () => {
    const connectionOf = (options: string) => {
      const { document } = importCurl(`curl ${options}`, { placed: (file) => `../${file}` })
      const { requests: _, ...connection } = document['workload'] as Record<string, unknown>
      return [connection, document['target']]
    }
    expect(connectionOf('https://127.0.0.1/ --cacert ca.pem -E client.pem --key client.key -k -m 2.5')).toEqual([
      {
        protocol: 'http',
        timeout: '2.5s',
        tls: { ca: '../ca.pem', cert: '../client.pem', key: '../client.key', verify: false },
      },
      { url: 'https://127.0.0.1:443' },
    ])
    expect(connectionOf('https://localhost:8443/')).toEqual([
      { protocol: 'http', tls: true },
      { url: 'https://localhost:8443' },
    ])
    expect(connectionOf('--http2-prior-knowledge --unix-socket /run/app.sock http://localhost/')).toEqual([
      { protocol: 'http', version: '2', socketPath: '/run/app.sock' },
      { url: 'http://localhost:80' },
    ])
  })

  test('has bodies of files, named as the profile has to name them', () => {
    const bodyOf = (options: string) => {
      const { document, notes } = importCurl(`curl ${options}`, { placed: (file) => `../${file}` })
      const { requests } = document['workload'] as { requests: { method: string; path: string; body: unknown }[] }
      return { ...requests[0], notes }
    }
    expect(bodyOf(`${here}/ --data-binary @up.bin`)).toMatchObject({
      method: 'POST',
      body: { file: '../up.bin' },
      notes: [],
    })
    expect(bodyOf(`${here}/dir/ -T a/up.bin`)).toMatchObject({
      method: 'PUT',
      path: '/dir/up.bin',
      body: { file: '../a/up.bin' },
    })
    expect(bodyOf(`${here}/ -T up.bin`)).not.toHaveProperty('headers')
    expect(bodyOf(`${here}/ -d @up.txt`)).toMatchObject({
      body: { file: '../up.txt' },
      notes: ['curl takes line breaks out of up.txt: it is sent as it is here'],
    })
    expect(bodyOf(`${here}/ -d a=1 -d @up.txt`)).toMatchObject({
      body: 'a=1',
      notes: [expect.stringMatching(/^left out the data/u)],
    })
  })

  test.each<[string, RegExp]>([
    [`-F file=@a.png ${here}`, /^left out --form "file=@a\.png": there is nothing like it here$/u],
    [`-L ${here}`, /^left out --location: there is nothing like it here$/u],
    [`-s -o /dev/null ${here}`, /^left out --silent: it only changes what curl shows or keeps$/u],
    [`--resolve a:80:127.0.0.1 ${here}`, /^left out --resolve/u],
    [`--frobnicate ${here}`, /^left out --frobnicate/u],
    [`-H 'Content-Length: 5' ${here}`, /^left out the header Content-Length/u],
    [`-H 'no header' ${here}`, /^left out the header "no header"/u],
    [`-b cookies.txt ${here}`, /^left out --cookie cookies\.txt/u],
    [`-u ann ${here}`, /^--user without a password/u],
    [`-u ann:b ${here}`, /^the header authorization may hold a secret/u],
    [`-X CONNECT ${here}`, /^the method CONNECT is not known here/u],
    [`'${here}/[1-5]'`, /^the pattern in .*\[1-5\] is not expanded$/u],
    [`--compressed ${here}`, /^--compressed: answers/u],
    [`${here} | jq .`, /^left out "jq": it is not curl$/u],
    [`${here}/?a=1&b=2`, /^left out "b=2": an unquoted & or ; ends a command/u],
    [`-m 0 ${here}`, /^--max-time 0 is no limit$/u],
    [`${here} --data-urlencode a@file`, /^left out --data-urlencode a@file/u],
    ['http://shop.example/', /not this machine/u],
  ])('says what it does not take over: %s', (options, note) => {
    expect(one(options).notes).toContainEqual(expect.stringMatching(note))
  })

  test('takes the variables of the shell from the environment', () => {
    const { document, notes } = importCurl(
      `curl "${here}/u/$ID?k=\${KEY}" -H "Authorization: Bearer $TOKEN" -d "a=$A" -d '$B'`,
    )
    expect(document['workload']).toMatchObject({
      requests: [
        {
          path: '/u/${env:ID}?k=${env:KEY}',
          headers: { Authorization: 'Bearer ${env:TOKEN}' },
          body: 'a=${env:A}&$B',
        },
      ],
    })
    expect(notes).toEqual(
      ['ID', 'KEY', 'TOKEN', 'A']
        .map((name) => expect.stringContaining(`$${name} is taken`) as string)
        .toSorted(() => 0),
    )
    expect(importCurl(`curl -u "$USER:$PASS" ${here}`).notes).toContainEqual(
      expect.stringMatching(/^left out --user \$USER:\$PASS/u),
    )
    expect(() => importCurl('curl "http://$HOST/"')).toThrow(/no curl command/u)
  })

  test('does not let a text become a reference or a hole', () => {
    const { document } = importCurl(`curl ${here} -d 'x {{y}} \${env:HOME}'`)
    expect(document['workload']).toMatchObject({
      variables: { dollar: '$' },
      requests: [{ body: 'x \\{{y}} {{dollar}}{env:HOME}' }],
    })
  })
})

describe('several command lines', () => {
  test('become a mix for the first origin', () => {
    const text = `
      # the cart
      curl ${here}/a; curl -d x=1 ${here}/a
      curl ${here}/a
      curl ${here}/b ${here}/c --next -X PUT ${here}/d
      curl http://127.0.0.1:9/other
      echo done
    `
    const imported = importCurl(text)
    expect(imported.document['workload']).toMatchObject({
      requests: [
        { path: '/a', weight: 2 },
        { method: 'POST', path: '/a' },
        { path: '/b' },
        { path: '/c' },
        { method: 'PUT', path: '/d' },
      ],
    })
    expect(imported.notes).toEqual(['left out "echo": it is not curl', 'left out a request to http://127.0.0.1:9'])
    importedWorkload(imported)
    expect(importCurl(text, { origin: 'http://127.0.0.1:9' }).document['target']).toEqual({ url: 'http://127.0.0.1:9' })
  })

  test('connect as the first does', () => {
    const { document, notes } = importCurl(`curl --http2 ${here}/a\ncurl ${here}/b`)
    expect(document['workload']).toMatchObject({ version: '2' })
    expect(notes).toEqual(['the commands differ in how they connect: all do it as the first does'])
  })

  test.each(['', 'wget http://a', 'curl', 'curl ftp://a/b'])('are refused where there is none: %j', (text) => {
    expect(() => importCurl(text)).toThrow(expect.objectContaining({ code: 'bad-import', exitCode: 104 }) as Error)
  })
})
