import { expect, test } from 'vitest'
import { parseProfile } from '../../../harness/profile/parse.ts'

const post = { name: 'order', method: 'POST', path: '/order' }

/** What is said of a client as a policy, with requests that must not be done twice. */
function warningsOf(client: unknown, requests: readonly object[] = [post], workload: object = {}) {
  const targets = { primary: { builtin: 'http' }, b: { builtin: 'http' } }
  const document = { targets, workload: { requests, ...workload }, policies: { a: { client } } }
  return parseProfile(document, { mode: 'smoke', flags: {}, env: {} }).warnings
}

test.each([
  ['a retry', { retry: {} }, /^retry does nothing: .*let the retry be "nonIdempotent"$/u],
  ['a hedge', { hedge: { delay: '5ms' } }, /^hedge does nothing: .*may be done twice$/u],
  ['a fallback', { fallback: { alternatives: ['b'] } }, /^fallback does nothing/u],
  ['one of a list', [{ timeout: { attempt: '1s' } }, { retry: {} }], /^retry does nothing/u],
])('a policy for what may be done twice is warned of where nothing may: %s', (_name, client, message) => {
  expect(warningsOf(client)).toEqual([{ where: '/policies/a/client', message: expect.stringMatching(message) }])
})

test.each([
  ['one request is idempotent', { retry: {} }, [post, { path: '/' }]],
  ['one request says so', { retry: {} }, [{ ...post, idempotent: true }]],
  ['it is told to', { retry: { nonIdempotent: true } }, [post]],
  ['the retry of a request is told to', { retry: {} }, [{ ...post, retry: { nonIdempotent: true } }]],
  ['nothing was to be repeated', { retry: {} }, [{ ...post, retry: false }]],
  ['it only keeps dead letters', { fallback: { deadLetter: {} } }, [post]],
])('and is not where %s', (_name, client, requests) => {
  expect(warningsOf(client, requests)).toEqual([])
})

test('a limit that the one of the workload always precedes is warned of, also in stress', () => {
  const message = expect.stringMatching(/^timeout of 500ms acts on nothing but waits for a connection: .* of 100ms/u)
  const client = { timeout: { attempt: '500ms' } }
  expect(warningsOf(client, [{ path: '/' }], { timeout: '100ms' })).toEqual([{ where: '/policies/a/client', message }])
  expect(warningsOf(client, [{ path: '/' }], { timeout: '500ms' })).toEqual([])
  const retried = [{ timeout: { attempt: '500ms' } }, { retry: {} }]
  expect(warningsOf(retried, [{ path: '/' }], { timeout: '100ms' })).toEqual([])
  const document = { target: { builtin: 'http' }, workload: { timeout: '100ms' }, stress: { smoke: { client } } }
  expect(parseProfile(document, { mode: 'smoke', flags: {}, env: {} }).warnings).toEqual([
    { where: '/stress/smoke/client', message },
  ])
})
