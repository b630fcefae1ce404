import { expect, test } from 'vitest'
import { classOfSocketError, nameOfSocketError } from '../../../harness/load/socket-errors.ts'

test.each([
  ['ECONNREFUSED', 'refused'],
  ['ECONNRESET', 'reset'],
  ['EPIPE', 'reset'],
  ['EADDRNOTAVAIL', 'exhausted'],
  ['EMFILE', 'exhausted'],
  ['ENFILE', 'exhausted'],
  ['ENOBUFS', 'exhausted'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls'],
  ['CERT_HAS_EXPIRED', 'tls'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'tls'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls'],
  ['HOSTNAME_MISMATCH', 'tls'],
  ['EPROTO', 'tls'],
  ['EHOSTUNREACH', 'unreachable'],
] as const)('%s is of class %s, with a connection and without one', (code, expected) => {
  expect([classOfSocketError(code, false), classOfSocketError(code, true)]).toEqual([expected, expected])
})

test.each(['ETIMEDOUT', 'ENOENT', 'a code that nobody knows'])(
  '%s means that no connection was made, or that it was closed',
  (code) => {
    expect([classOfSocketError(code, false), classOfSocketError(code, true)]).toEqual(['connect', 'closed'])
  },
)

test('a failure is called by its code, or by its message, or by the reason of OpenSSL', () => {
  const failed = (message: string, code?: string) =>
    nameOfSocketError(Object.assign(new Error(message), code ? { code } : {}))
  expect(failed('read ECONNRESET', 'ECONNRESET')).toBe('ECONNRESET')
  expect(failed('something else')).toBe('something else')
  expect(failed('write EPROTO', 'EPROTO')).toBe('EPROTO')
  const text =
    'write EPROTO 00D2:error:0A000410:SSL routines:ssl3_read_bytes:ssl/tls alert handshake failure:../ssl/rec.c:918:'
  expect(failed(text, 'EPROTO')).toBe('EPROTO: ssl/tls alert handshake failure')
})
