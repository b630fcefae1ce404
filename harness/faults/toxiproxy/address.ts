import type { Endpoint } from '../relay/protocol.ts'
import { badBody } from './failure.ts'

const loopback = '127.0.0.1'

/**
 * `HOST:PORT` or `[IPV6]:PORT`, as Toxiproxy writes addresses. No host and `localhost` are 127.0.0.1: a relay listens on
 * loopback, where Toxiproxy would listen on every address. Throws `ApiFailure` (400).
 */
export function parseAddress(field: string, text: unknown): Endpoint {
  const groups = typeof text === 'string' ? /^(?:\[([^\]]+)\]|([^:[\]]*)):(\d{1,5})$/u.exec(text) : null
  const port = Number(groups?.[3])
  if (groups === null || !(port <= 65_535))
    throw badBody(`${field}: found ${JSON.stringify(text)}, allowed: HOST:PORT, such as 127.0.0.1:8080`)
  const host = groups[1] ?? groups[2] ?? ''
  return { host: host === '' || host === 'localhost' ? loopback : host, port }
}

/** An endpoint as Toxiproxy writes it. */
export function formatAddress({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
