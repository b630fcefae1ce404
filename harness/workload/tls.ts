/** How a connection is secured. Certificates and keys are PEM texts, read when the profile was loaded. */
export interface TlsSettings {
  /** Trusted besides the system's authorities; null for none. */
  readonly ca: string | null
  /** The client's own certificate and key. */
  readonly cert: string | null
  readonly key: string | null
  /** Name for SNI and the certificate check; null for the target's host. */
  readonly servername: string | null
  /** False to take any certificate. */
  readonly verify: boolean
  /** Whether new connections go on with the session of an earlier one. */
  readonly sessionReuse: boolean
}
