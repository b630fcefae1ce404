import { expect, test } from 'vitest'
import { replyTo } from '../../../../harness/target/builtin/routes.ts'

test.each([
  ['/', { status: 200, body: 'ok' }],
  ['/echo/hi', { status: 200, body: 'hi' }],
  ['/echo/a/b%20%C3%A4', { status: 200, body: 'a/b ä' }],
  ['/echo/%', { status: 400 }],
  ['/delay/250', { status: 200, delayMs: 250 }],
  ['/delay/60001', { status: 400 }],
  ['/bytes/16777217', { status: 400 }],
  ['/bytes/-1', { status: 400 }],
  ['/bytes/', { status: 400 }],
  ['/bytes', { status: 404 }],
  ['/nothing', { status: 404 }],
  ['*', { status: 404 }],
])('%s is answered', (path, reply) => {
  expect(replyTo(path)).toMatchObject(reply)
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
