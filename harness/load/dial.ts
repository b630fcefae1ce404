import type { Socket } from 'node:net'
import type { Dialer, DialPlace } from '../faults/dialer.ts'
import type { TlsClient } from './tls.ts'

/** Where the connections of a driver go. */
export interface Destination {
  readonly address: string
  readonly port: number
  /** Path of a unix socket, in place of the address; null for none. No dialler is asked then. */
  readonly socketPath: string | null
  readonly tls: TlsClient | null
  readonly dialer?: Dialer | undefined
}

/** Where one connection goes, as `net.connect` and `tls.connect` take it. */
export type Place =
  | { readonly path: string }
  | { readonly host: string; readonly port: number; readonly noDelay: true }
  | (DialPlace & { readonly noDelay: true })

/** Makes a connection: `open` makes its socket. */
export function dialTo<Made extends Socket>(
  { address, port, socketPath, tls, dialer }: Destination,
  open: (place: Place) => Made,
): Made {
  if (socketPath !== null) return open({ path: socketPath })
  if (!dialer) return open({ host: address, port, noDelay: true })
  return dialer.dial((place) => open({ ...place, noDelay: true }), { sni: tls?.serverName ?? null })
}
