import { systemCode } from '../kernel/errors.ts'
import type { ErrorClass } from '../resilience/policy.ts'

const classes: Readonly<Record<string, ErrorClass>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  ECONNABORTED: 'reset',
  EPIPE: 'reset',
  // Nothing left here: no free port, no file descriptor for this process or this machine, no buffer.
  EADDRNOTAVAIL: 'exhausted',
  EMFILE: 'exhausted',
  ENFILE: 'exhausted',
  ENOBUFS: 'exhausted',
  ENOMEM: 'exhausted',
  EPROTO: 'tls',
}

/** What OpenSSL and Node call failures of TLS, the names of X509_verify_cert's errors included. */
const tlsCodes =
  /^(?:ERR_SSL_|ERR_TLS_|ERR_OSSL_|CERT_|CRL_|UNABLE_TO_|ERROR_IN_C|SELF_SIGNED_|DEPTH_ZERO_|INVALID_(?:CA|PURPOSE)$|PATH_LENGTH_|HOSTNAME_MISMATCH$)/u

/** The class of a socket's failure by its code (`ECONNRESET`); `connected` says whether the connection had been made. */
export function classOfSocketError(code: string, connected: boolean): ErrorClass {
  const known = classes[code]
  if (known) return known
  if (tlsCodes.test(code)) return 'tls'
  return connected ? 'closed' : 'connect'
}

/** OpenSSL's reason in the message of an error that Node calls `EPROTO`, as it does when a handshake fails under a write. */
const opensslReason = /:SSL routines:[^:]*:([^:]+):/u

/** What a socket's failure is called, for people: its code, with OpenSSL's reason where the code is none. */
export function nameOfSocketError(error: Error): string {
  const code = systemCode(error) ?? error.message
  const reason = code === 'EPROTO' ? opensslReason.exec(error.message)?.[1] : undefined
  return reason === undefined ? code : `${code}: ${reason}`
}
