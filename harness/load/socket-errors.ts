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
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  // Of look-ups, by the system's resolver and by c-ares.
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  ENODATA: 'dns',
  ESERVFAIL: 'dns',
  EREFUSED: 'dns',
  EBADRESP: 'dns',
  EFORMERR: 'dns',
  ENOTIMP: 'dns',
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

/** A peer that ends its side before the handshake is over has failed it, and says no more than that. */
export const closedInHandshake = 'closed in the middle of the TLS handshake'

/** OpenSSL's reason in a message of its own, as Node passes it on with `EPROTO` or without a code; null where there is none. */
export function opensslReason(message: string): string | null {
  return /:SSL routines:[^:]*:([^:]+):/u.exec(message)?.[1] ?? null
}

/** What a failure is called that was made up by a fault, without the kernel having had a part in it. */
export function syntheticName(code: string): string {
  return `${code} (synthetic)`
}

/** What a socket's failure is called, for people: its code, with OpenSSL's reason where the code is none. */
export function nameOfSocketError(error: Error): string {
  const code = systemCode(error) ?? error.message
  const reason = code === 'EPROTO' ? opensslReason(error.message) : null
  if (reason !== null) return `${code}: ${reason}`
  return 'synthetic' in error ? syntheticName(code) : code
}
