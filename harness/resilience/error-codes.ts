import type { ErrorClass } from './outcome.ts'

const classes: Readonly<Record<string, ErrorClass>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  ECONNABORTED: 'reset',
  ENETRESET: 'reset',
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
  EHOSTDOWN: 'unreachable',
  ENETDOWN: 'unreachable',
  // Of look-ups, by the system's resolver and by c-ares.
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  EAI_FAIL: 'dns',
  ETIMEOUT: 'dns',
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

/** The class of a socket's failure by Node's code (`ECONNRESET`); undefined for a code that says nothing of its kind. */
export function classOfCode(code: string): ErrorClass | undefined {
  return Object.hasOwn(classes, code) ? classes[code] : tlsCodes.test(code) ? 'tls' : undefined
}
