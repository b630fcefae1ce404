import { describe, expect, it } from 'vitest'
import { encodeRequest, type RequestTarget, withCookies } from '../../../../harness/load/http1/encode.ts'
import type { HttpMessage } from '../../../../harness/workload/protocols/http.ts'
import { httpRequest } from '../../../support/http1.ts'

const plain: RequestTarget = { host: '127.0.0.1', port: 8080, tls: null, keepAlive: true, cookies: false }
const secure = { ca: null, cert: null, key: null, servername: null, verify: true, sessionReuse: true }

const encode = (message: Partial<HttpMessage>, target: Partial<RequestTarget> = {}) =>
  encodeRequest(httpRequest(message), { ...plain, ...target })

const text = (message: Partial<HttpMessage>, target: Partial<RequestTarget> = {}) =>
  encode(message, target).bytes.toString()

const body = (content: string) => ({ kind: 'text', text: content }) as const

describe('an encoded request', () => {
  it('names the host it goes to', () => {
    expect(text({ path: '/a?b=c' })).toBe('GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n')
  })

  it('brackets an IPv6 address', () => {
    expect(text({}, { host: '::1' })).toContain('\r\nHost: [::1]:8080\r\n')
  })

  it('leaves out the port that https implies, and no other', () => {
    expect(text({}, { host: 'shop.test', port: 443, tls: secure })).toContain('\r\nHost: shop.test\r\n')
    expect(text({}, { host: 'shop.test', port: 8443, tls: secure })).toContain('\r\nHost: shop.test:8443\r\n')
    expect(text({}, { host: 'shop.test', port: 80 })).toContain('\r\nHost: shop.test:80\r\n')
  })

  it('keeps a host and a length of its own', () => {
    const headers = { HOST: 'shop.test', 'content-LENGTH': '2' }
    const sent = text({ headers, method: 'POST', body: body('hi') })
    expect(sent.match(/host:/giu)).toHaveLength(1)
    expect(sent.match(/content-length:/giu)).toHaveLength(1)
  })

  it('keeps a coding of its own, and adds no length to it', () => {
    const sent = text({ headers: { 'Transfer-Encoding': 'chunked' }, method: 'POST', body: body('0\r\n\r\n') })
    expect(sent).not.toMatch(/content-length/iu)
  })

  it('counts the bytes of its body, not its letters', () => {
    const sent = text({ method: 'POST', body: body('grün') })
    expect(sent).toContain('\r\nContent-Length: 5\r\n')
    expect(sent.endsWith('\r\n\r\ngrün')).toBe(true)
  })

  it.each([
    ['GET', false],
    ['DELETE', false],
    ['POST', true],
    ['PUT', true],
    ['PATCH', true],
  ])('says that its body is empty where one is expected: %s', (method, says) => {
    expect(text({ method }).includes('\r\nContent-Length: 0\r\n')).toBe(says)
  })

  it('says that its connection is its own when none is kept', () => {
    expect(text({}, { keepAlive: false })).toContain('\r\nConnection: close\r\n')
    const own = text({ headers: { connection: 'Close' } }, { keepAlive: false })
    expect(own.match(/connection:/giu)).toHaveLength(1)
  })

  it('sends headers as UTF-8', () => {
    expect(encode({ headers: { 'X-Name': 'grün' } }).bytes.includes(Buffer.from('X-Name: grün\r\n'))).toBe(true)
  })

  it('knows what its response must be', () => {
    const expected = { status: 201, body: 'hi' }
    const request = encodeRequest(httpRequest({ method: 'HEAD' }, { expect: expected, idempotent: false }), plain)
    expect(request).toMatchObject({
      shape: { head: true, expectBody: Buffer.from('hi'), kept: { headers: false, body: false } },
      expectStatus: 201,
      checks: null,
      cookies: null,
      streamed: null,
      idempotent: false,
    })
  })

  it('keeps of its response what checks, extractions and cookies need, and nothing else', () => {
    const kept = (changes: Parameters<typeof httpRequest>[1], target = plain) =>
      encodeRequest(httpRequest({}, changes), target).shape.kept
    const header = { kind: 'header', name: 'a', equals: 'b' } as const
    expect(kept({ expect: { checks: [header] } })).toEqual({ headers: true, body: false })
    expect(kept({ expect: { checks: [{ kind: 'body-contains', text: 'x' }] } })).toEqual({ headers: false, body: true })
    expect(kept({ extract: [{ name: 'x', kind: 'json', pointer: '/x' }] })).toMatchObject({ body: true })
    expect(kept({ extract: [{ name: 'x', kind: 'header', header: 'x' }] })).toMatchObject({ headers: true })
    expect(kept({}, { ...plain, cookies: true })).toEqual({ headers: true, body: false })
  })
})

describe('a body', () => {
  it('that is generated and short goes out with the head', () => {
    const sent = text({ method: 'POST', body: { kind: 'generated', sizeBytes: 40, chunked: false } })
    expect(sent).toMatch(/\r\nContent-Length: 40\r\n\r\n[a-z0-9]{40}$/u)
    const chunked = text({ method: 'POST', body: { kind: 'generated', sizeBytes: 40, chunked: true } })
    expect(chunked).toMatch(/\r\nTransfer-Encoding: chunked\r\n\r\n28\r\n[a-z0-9]{40}\r\n0\r\n\r\n$/u)
    const empty = text({ method: 'POST', body: { kind: 'generated', sizeBytes: 0, chunked: true } })
    expect(empty).toMatch(/\r\n\r\n0\r\n\r\n$/u)
  })

  it('that is long is streamed behind the head', () => {
    const request = encode({ method: 'POST', body: { kind: 'generated', sizeBytes: 2 ** 33, chunked: false } })
    expect(request.streamed).toEqual({ path: null, sizeBytes: 2 ** 33, chunked: false })
    expect(request.bytes.toString()).toContain(`Content-Length: ${2 ** 33}\r\n`)
    expect(request.bytes.length).toBeLessThan(200)
  })
})

describe('what would not be one request', () => {
  it.each([
    ['a method with a blank', { method: 'GET /x' }],
    ['no method', { method: '' }],
    ['a path with a blank', { path: '/a b' }],
    ['a path with a line break', { path: '/a\r\nX: y' }],
    ['no path', { path: '' }],
    ['a header name with a colon', { headers: { 'a:b': 'c' } }],
    ['a header with a line break', { headers: { a: 'b\r\nc: d' } }],
    ['a header with NUL', { headers: { a: 'b\0' } }],
  ])('is refused: %s', (_what, message) => {
    expect(() => encode(message)).toThrow(expect.objectContaining({ code: 'bad-request', exit: 'usage' }))
  })
})

describe('the cookies of a request', () => {
  const cookies = { ...plain, cookies: true }

  it('have their place at the end of the head', () => {
    const request = encodeRequest(httpRequest({ method: 'POST', headers: { a: 'b' }, body: body('hi') }), cookies)
    expect(withCookies(request, request.cookies!, 'x=1; y=2').toString()).toBe(
      'POST / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nContent-Length: 2\r\na: b\r\nCookie: x=1; y=2\r\n\r\nhi',
    )
  })

  it('take the place of its own', () => {
    const request = encodeRequest(httpRequest({ headers: { COOKIE: 'own=1', a: 'b' } }), cookies)
    expect(request.cookies!.own).toBe('own=1')
    expect(request.bytes.toString()).toMatch(/\r\nCookie: own=1\r\n\r\n$/u)
    expect(withCookies(request, request.cookies!, 'x=1').toString()).toMatch(/\r\na: b\r\nCookie: x=1\r\n\r\n$/u)
  })

  it('stay where they are when none are kept', () => {
    expect(text({ headers: { Cookie: 'own=1', a: 'b' } })).toMatch(/\r\nCookie: own=1\r\na: b\r\n\r\n$/u)
  })

  it.each([
    [{ path: '/a?b' }, cookies, 'http://127.0.0.1:8080/a?b'],
    [{ headers: { Host: 'shop.test' } }, cookies, 'http://shop.test/'],
    [{ headers: { Host: 'no host' } }, cookies, 'http://127.0.0.1:8080/'],
    [{}, { ...cookies, host: '::1' }, 'http://[::1]:8080/'],
    [{}, { ...cookies, host: 'shop.test', port: 443, tls: secure }, 'https://shop.test/'],
  ])('belong to the URL that is asked for: %j', (message, target, url) => {
    expect(encodeRequest(httpRequest(message), target).cookies!.url).toBe(url)
  })
})
