/** Schemes that the url of a target may have, and their ports; the last two have none of their own. */
const ports = { http: 80, https: 443, tcp: undefined, udp: undefined } as const

/** Where a target that runs already can be reached. */
export interface Address {
  readonly scheme: keyof typeof ports
  /** Without the brackets of an IPv6 address. */
  readonly host: string
  readonly port: number
  /** `SCHEME://HOST:PORT`, the port always there. */
  readonly url: string
}

/** Reads the url of a target; undefined when it is none, has a path, or lacks a port that its scheme does not give. */
export function parseAddress(url: string): Address | undefined {
  if (!URL.canParse(url)) return undefined
  const { protocol, hostname, port: given, pathname, search, hash, username, password } = new URL(url)
  const scheme = protocol.slice(0, -1)
  const rest = `${pathname === '/' ? '' : pathname}${search}${hash}${username}${password}`
  if (!isScheme(scheme) || !hostname || rest) return undefined
  const port = given ? Number(given) : ports[scheme]
  if (!port) return undefined
  const host = hostname.replace(/^\[(.*)\]$/u, '$1')
  return { scheme, host, port, url: `${scheme}://${hostname}:${port}` }
}

function isScheme(text: string): text is keyof typeof ports {
  return Object.hasOwn(ports, text)
}
