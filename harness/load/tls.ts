import type { Buffer } from 'node:buffer'
import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import {
  checkServerIdentity,
  type ConnectionOptions,
  createSecureContext,
  getCACertificates,
  type SecureContext,
  type TLSSocket,
} from 'node:tls'
import { messageOf, SoakrigError } from '../kernel/errors.ts'
import type { TlsSettings } from '../workload/tls.ts'

/** What the TLS connections of one driver share. */
export interface TlsClient {
  /** The name that is told to the server (SNI); null for none. */
  readonly serverName: string | null
  /** Options for `tls.connect`, besides where to connect to. Asked for anew for each connection, as sessions are. */
  options(): ConnectionOptions
  /** Counts the handshake of a socket that was made with these options, and keeps its session for the next one. */
  watch(socket: TLSSocket): void
}

export interface TlsClientOptions {
  readonly settings: TlsSettings
  /** The target's host as it was named: it must be in the certificate, and it is told to the server (SNI) when it is no address. */
  readonly host: string
  /** Protocols to offer (ALPN), the preferred first. */
  readonly alpn: readonly string[]
  /** Gets `tls.handshakes`, those that were completed, and `tls.resumed`, those of them that went on with a session. */
  readonly counters: Record<string, number>
}

/** Makes what the TLS connections of a driver share; throws `tls-settings` (104) for certificates and keys that cannot be used. */
export function createTlsClient({ settings, host, alpn, counters }: TlsClientOptions): TlsClient {
  const name = settings.servername ?? host
  const fixed: ConnectionOptions = {
    secureContext: secureContextOf(settings),
    rejectUnauthorized: settings.verify,
    ALPNProtocols: [...alpn],
    // Without a servername, node:tls would compare with the address that is connected to.
    checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate),
    // RFC 6066, section 3: SNI carries no addresses.
    ...(isIP(name) === 0 ? { servername: name } : {}),
  }
  let session: Buffer | undefined
  counters['tls.handshakes'] ??= 0
  counters['tls.resumed'] ??= 0

  return {
    serverName: isIP(name) === 0 ? name : null,
    options: () => (session ? { ...fixed, session } : fixed),
    watch(socket) {
      let secure = false
      socket.once('secureConnect', () => {
        secure = true
        counters['tls.handshakes'] = (counters['tls.handshakes'] ?? 0) + 1
        if (socket.isSessionReused()) counters['tls.resumed'] = (counters['tls.resumed'] ?? 0) + 1
      })
      if (!settings.sessionReuse) return
      socket.on('session', (latest: Buffer) => (session = latest))
      // A session that the server takes offence at is not offered again.
      socket.once('error', () => {
        if (!secure) session = undefined
      })
    },
  }
}

/** The last one made. Reading the system's authorities takes some 10 ms, and each slice of a run asks for the same. */
let made: { readonly key: string; readonly context: SecureContext } | undefined

function secureContextOf({ ca, cert, key }: TlsSettings): SecureContext {
  const wanted = JSON.stringify([ca, cert, key])
  if (made?.key !== wanted) made = { key: wanted, context: makeSecureContext({ ca, cert, key }) }
  return made.context
}

function makeSecureContext({ ca, cert, key }: Pick<TlsSettings, 'ca' | 'cert' | 'key'>): SecureContext {
  try {
    return createSecureContext({
      ...(ca === null ? {} : { ca: [...getCACertificates('default'), ...certificatesIn(ca)] }),
      ...(cert === null ? {} : { cert }),
      ...(key === null ? {} : { key }),
    })
  } catch (cause) {
    throw new SoakrigError(`the TLS certificates or keys cannot be used: ${messageOf(cause)}`, {
      code: 'tls-settings',
      exit: 'usage',
      hint: 'Give PEM files; the key must be the one that the certificate was made for.',
      cause,
    })
  }
}

/** The certificates of a PEM text, each looked at: OpenSSL passes over those that it cannot read, and trusts nobody in their place. */
function certificatesIn(pem: string): string[] {
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/gu)
  if (!certificates) throw new Error('there is no certificate in the authorities')
  return certificates.map((certificate) => new X509Certificate(certificate).toString())
}
