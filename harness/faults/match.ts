import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/**
 * To which traffic a rule applies; what is absent applies to all. All that is there must hold, but hosts and cidrs are one
 * list: of the names and networks in them one must.
 */
export interface Match {
  readonly protocol: 'any' | 'tcp' | 'udp'
  /** Exact host names, or `*.suffix` (not the bare suffix), in small letters. */
  readonly hosts: readonly string[]
  /** `10.0.0.0/8`, `::1/128`; of the address of the upstream. */
  readonly cidrs: readonly string[]
  /** Server names of TLS (SNI), exact or `*.suffix`. */
  readonly snis: readonly string[]
  /** Port ranges of the upstream, both ends included. */
  readonly ports: readonly { readonly from: number; readonly to: number }[]
  /**
   * HTTP/1 requests in the clear: `METHOD /path` or `/path`, of which one must be a part of the request line. A name of
   * a workload's request has been replaced by its path. A line that is not whole within 1 s counts as none.
   */
  readonly requests: readonly string[]
}

/** What a rule is held against. */
export interface Traffic {
  readonly protocol: 'tcp' | 'udp'
  /** As it was asked for: a name or an address. */
  readonly host: string
  /** What it was resolved to; null where that is not known. */
  readonly address: string | null
  readonly port: number
  /** Null: no TLS, or no name in it; undefined: not known yet. */
  readonly sni: string | null | undefined
}

/** The match of a rule that is for all. */
export const everything: Match = { protocol: 'any', hosts: [], cidrs: [], snis: [], ports: [], requests: [] }

/** Whether a match leaves nothing out. */
export function isEverything({ protocol, ...lists }: Match): boolean {
  return protocol === 'any' && Object.values(lists).every((list) => list.length === 0)
}

/** How a match was met: larger numbers are more specific, the first that differs decides. */
export type Specificity = readonly number[]

/** The classes of a match, from the least specific. */
const classes = { nothing: 0, port: 1, cidr: 2, hostSuffix: 3, hostExact: 4, sniSuffix: 5, sniExact: 6 } as const

/** A class, and within it how much of a name or an address is given. */
type Place = readonly [number, number]

const isPlace = (place: Place | null): place is Place => place !== null

/**
 * How specifically a match is met by traffic, as far as that is known where its requests are not: by class (server name of
 * TLS exact, its suffix, host exact, its suffix, network, port, nothing), then by the length of prefix or suffix, then by
 * the width of the port range, then by whether it names requests. Null where it is not met; `unknown` where that is up to a
 * server name that is not known yet.
 */
export function specificityOf(match: Match, traffic: Traffic): Specificity | null | 'unknown' {
  const { protocol, hosts, cidrs, snis, ports, requests } = match
  if (protocol !== 'any' && protocol !== traffic.protocol) return null
  const widths = ports
    .filter(({ from, to }) => from <= traffic.port && traffic.port <= to)
    .map(({ from, to }) => to - from)
  if (ports.length > 0 && widths.length === 0) return null
  const width = ports.length === 0 ? 65_536 : Math.min(...widths)
  const places = destinationsOf(hosts, cidrs, traffic)
  if (hosts.length + cidrs.length > 0 && places.length === 0) return null
  if (snis.length > 0) {
    const { sni } = traffic
    if (sni === undefined) return 'unknown'
    const named = sni === null ? [] : snis.map((name) => namePlace(name, sni, classes.sniExact, classes.sniSuffix))
    if (!named.some(isPlace)) return null
    places.push(...named.filter(isPlace))
  }
  const [place = [ports.length > 0 ? classes.port : classes.nothing, 0]] = places.toSorted(
    ([classA, lengthA], [classB, lengthB]) => classB - classA || lengthB - lengthA,
  )
  return [...place, -width, requests.length > 0 ? 1 : 0]
}

/** The hosts and networks in which a destination is. */
function destinationsOf(hosts: readonly string[], cidrs: readonly string[], { host, address }: Traffic): Place[] {
  const named = hosts.map((name) => namePlace(name, host, classes.hostExact, classes.hostSuffix))
  const at = cidrs.length === 0 ? null : addressOf(address ?? host)
  const near = at === null ? [] : cidrs.map((cidr) => networkPlace(cidr, at))
  return [...named, ...near].filter(isPlace)
}

function namePlace(pattern: string, name: string, exact: number, suffix: number): Place | null {
  const plain = name.toLowerCase().replace(/\.$/u, '')
  if (!pattern.startsWith('*.')) return plain === pattern ? [exact, pattern.length] : null
  const end = pattern.slice(1)
  return plain.length > end.length && plain.endsWith(end) ? [suffix, end.length] : null
}

function networkPlace(cidr: string, at: ipaddr.IPv4 | ipaddr.IPv6): Place | null {
  const [network, prefix] = ipaddr.parseCIDR(cidr)
  return network.kind() === at.kind() && at.match(network, prefix) ? [classes.cidr, prefix] : null
}

/** An address by itself; one of v4 that is written as v6 is one of v4. Null for a name. */
function addressOf(text: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  const bare = text.replace(/^\[(.*)\]$/u, '$1')
  return isIP(bare) === 0 ? null : ipaddr.process(bare)
}
