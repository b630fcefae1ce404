import { systemCode } from '../kernel/errors.ts'
import { classOfCode } from '../resilience/error-codes.ts'
import type { ErrorClass } from '../resilience/outcome.ts'

/** The class of a socket's failure by its code (`ECONNRESET`); `connected` says whether the connection had been made. */
export function classOfSocketError(code: string, connected: boolean): ErrorClass {
  return classOfCode(code) ?? (connected ? 'closed' : 'connect')
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
