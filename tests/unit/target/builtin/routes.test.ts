import { expect, test } from 'vitest'
import { replyTo as reply, uploadReply } from '../../../../harness/target/builtin/routes.ts'

const replyTo = (path: string, headers: Record<string, string> = {}) => reply(path, { headers })
const jsonOf = (path: string, headers?: Record<string, string>): unknown =>
  JSON.parse(String(replyTo(path, headers).body))

test.each([
  ['/', { status: 200, body: 'ok' }],
  ['/echo/hi', { status: 200, body: 'hi' }],
  ['/echo/a/b%20%C3%A4', { status: 200, body: 'a/b ä' }],
  ['/echo/%', { status: 400 }],
  ['/echo', { status: 200, body: '' }],
  ['/delay/250', { status: 200, delayMs: 250 }],
  ['/delay/60001', { status: 400 }],
  ['/bytes/16777217', { status: 400 }],
  ['/bytes/-1', { status: 400 }],
  ['/bytes/', { status: 400 }],
  ['/bytes', { status: 400 }],
  ['/status/418', { status: 418, body: 'status 418' }],
  ['/status/199', { status: 400 }],
  ['/status/600', { status: 400 }],
  ['/early/413', { status: 413, early: true }],
  ['/close', { status: 200, closes: true }],
  ['/close/now', { status: 404 }],
  ['/upload', { status: 200, digest: true }],
  ['/cookies/set/a/b', { status: 200, headers: { 'set-cookie': 'a=b; Path=/' } }],
  ['/cookies/set/a/', { status: 200, headers: { 'set-cookie': 'a=; Path=/' } }],
  ['/cookies/set/a;b/c', { status: 400 }],
  ['/cookies/set/a/c,d', { status: 400 }],
  ['/cookies/set//c', { status: 400 }],
  ['/cookies/drop/a', { status: 404 }],
  ['/nothing', { status: 404 }],
  ['//', { status: 404 }],
  ['*', { status: 404 }],
  ['', { status: 404 }],
])('%s is answered', (path, expected) => {
  expect(replyTo(path)).toMatchObject(expected)
})

test('a body of n bytes is the same whatever was asked for before', () => {
  const text = (count: number): string => String(replyTo(`/bytes/${count}`).body)
  const small = text(20)
  expect(small).toBe('0123456789abcdef0123')
  expect(text(1000).slice(0, 20)).toBe(small)
  expect(text(20)).toBe(small)
  expect(replyTo('/bytes/16777216').body).toHaveLength(16_777_216)
  expect(replyTo('/chunked/5')).toMatchObject({ chunked: true })
})

test('headers come back as JSON, those of HTTP/2 itself left out', () => {
  expect(jsonOf('/headers', { ':path': '/headers', 'x-a': '1' })).toEqual({ 'x-a': '1' })
  expect(replyTo('/headers').type).toBe('application/json')
})

test.each([
  [undefined, {}],
  ['a=1', { a: '1' }],
  ['a=1; b=x=y;c=', { a: '1', b: 'x=y', c: '' }],
  ['bare', { '': 'bare' }],
])('the cookies %j come back as %j', (cookie, expected) => {
  expect(jsonOf('/cookies', cookie === undefined ? {} : { cookie })).toEqual(expected)
})

test('a login gives a token that only its owner has, and that names its owner', () => {
  const ada = jsonOf('/login/ada%20l') as { token: string; id: number }
  expect(ada).toMatchObject({ name: 'ada l', id: expect.any(Number) as number })
  expect(jsonOf('/login')).toMatchObject({ name: 'guest' })
  expect(jsonOf('/whoami', { authorization: `Bearer ${ada.token}` })).toEqual({ name: 'ada l', id: ada.id })
  const forged = ada.token.replace(/.$/u, (last) => (last === '0' ? '1' : '0'))
  for (const authorization of [`Bearer ${forged}`, 'Bearer ', `Basic ${ada.token}`, '']) {
    expect(replyTo('/whoami', { authorization })).toMatchObject({ status: 401 })
  }
})

test('an upload is answered with its size and digest', () => {
  expect(JSON.parse(String(uploadReply({ sizeBytes: 3, sha256: 'ab' }).body))).toEqual({ bytes: 3, sha256: 'ab' })
})
