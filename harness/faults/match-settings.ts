import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { messageOf, type Problem } from '../kernel/errors.ts'
import { found, isRecord, step } from '../kernel/json.ts'
import { type JsonSchema, objectSchema } from '../kernel/json-schema.ts'
import { everything, type Match } from './match.ts'

type Port = Match['ports'][number]
type OneOrMore<Item> = Item | readonly Item[]

/** A match as a profile holds it: an object, or a text such as `tcp://10.0.0.0/8:9000`. */
type RawMatch =
  | string
  | {
      readonly protocol?: Match['protocol']
      readonly host?: OneOrMore<string>
      readonly cidr?: OneOrMore<string>
      readonly sni?: OneOrMore<string>
      readonly port?: OneOrMore<string | number>
      readonly request?: OneOrMore<string>
    }

const words = (description: string): JsonSchema => ({
  type: ['string', 'array'],
  minLength: 1,
  minItems: 1,
  items: { type: 'string', minLength: 1 },
  description: `${description}; one or a list`,
})

const description =
  'Traffic that the rule is for, as settings or as text: "tcp://10.0.0.0/8:9000", "udp://[::1]:53", "any://db.test:80-90"'

/** Schema of a rule's `match`. */
export const matchSchema: JsonSchema = {
  description,
  if: { type: 'string' },
  else: {
    ...objectSchema(
      {
        protocol: { enum: ['any', 'tcp', 'udp'], description: 'Of the transport; absent: any' },
        host: words('Host name or address that is asked for, exact or "*.suffix"'),
        cidr: words('Network of the address, such as "10.0.0.0/8" or "::1/128"'),
        sni: words('Server name of TLS (SNI), exact or "*.suffix"'),
        port: {
          type: ['integer', 'string', 'array'],
          minimum: 1,
          maximum: 65_535,
          minLength: 1,
          minItems: 1,
          items: { type: ['integer', 'string'], minimum: 1, maximum: 65_535 },
          description: 'Port, range "80-90", or several of them "80,443,8000-8100"; one or a list',
        },
        request: words('HTTP/1 request in the clear: name of a request, or a part of "METHOD /path"'),
      },
      { description },
    ),
    // A text is no object either, but allowed all the same.
    type: ['object', 'string'],
  },
}

const listOf = <Item>(value: OneOrMore<Item> | undefined): readonly Item[] =>
  value === undefined ? [] : Array.isArray(value) ? (value as readonly Item[]) : [value as Item]

/** Reads a match that the schema let pass. Throws RangeError with what is wrong and allowed. */
export function parseMatch(raw: unknown): Match {
  if (typeof raw === 'string') return parseText(raw)
  const { protocol = 'any', host, cidr, sni, port, request } = raw as Exclude<RawMatch, string>
  const names = listOf(host)
  return {
    protocol,
    hosts: names.filter((name) => !isAddress(name)).map(parseName),
    cidrs: [...names.filter(isAddress), ...listOf(cidr)].map(parseNetwork),
    snis: listOf(sni).map(parseName),
    ports: listOf(port).flatMap(parsePorts),
    requests: listOf(request),
  }
}

/** What the schema cannot say of a match that it let pass, every problem at once. */
export function matchProblems(raw: unknown, pointer: string): Problem[] {
  const parts = isRecord(raw) ? Object.entries(raw).map(([key, value]) => ({ key, part: { [key]: value } })) : []
  const problems = isRecord(raw)
    ? parts.flatMap(({ key, part }) => problemOf(part, pointer + step(key)))
    : problemOf(raw, pointer)
  return [...problems, ...(isRecord(raw) ? familyProblems(Object.keys(raw), pointer) : [])]
}

function problemOf(raw: unknown, where: string): Problem[] {
  try {
    parseMatch(raw)
    return []
  } catch (error) {
    return [{ where, message: messageOf(error) }]
  }
}

/** A host is asked for in the clear, a server name under TLS, and a network has no name. */
function familyProblems(keys: readonly string[], where: string): Problem[] {
  if (!keys.includes('host')) return []
  const others = ['cidr', 'sni'].filter((key) => keys.includes(key))
  if (others.length === 0) return []
  return [{ where, message: `found host and ${others.join(' and ')}, allowed: host, or cidr, sni or both` }]
}

/** `PROTOCOL://[HOST][:PORTS]`; a CIDR may have ports, an address of v6 stands in brackets. */
const form = /^(any|tcp|udp):\/\/(\[[^\]]*\](?:\/\d+)?|[^:[\]]*)(?::([^:]+))?$/iu

function parseText(text: string): Match {
  const [, protocol, place = '', ports] = form.exec(text.trim()) ?? []
  if (protocol === undefined) {
    throw new RangeError(
      `found ${found(text)}, allowed: any, tcp or udp, then :// and a host, address or network, then :PORT, such as "tcp://10.0.0.0/8:9000", "udp://[::1]:53", "tcp://*.example.test"`,
    )
  }
  const isNetwork = place.includes('/') || isAddress(place)
  const isName = !isNetwork && !['', '*'].includes(place)
  return {
    ...everything,
    protocol: protocol.toLowerCase() as Match['protocol'],
    hosts: isName ? [parseName(place)] : [],
    cidrs: isNetwork ? [parseNetwork(place)] : [],
    ports: ports === undefined ? [] : parsePorts(ports),
  }
}

const bare = (address: string): string => address.replace(/^\[(.*)\]/u, '$1')
const isAddress = (text: string): boolean => isIP(bare(text)) !== 0

const names = /^(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/u

function parseName(text: string): string {
  const name = text.toLowerCase().replace(/\.$/u, '')
  if (names.test(name) && name.length <= 253) return name
  throw new RangeError(`found ${found(text)}, allowed: a name such as "db.example.test", or "*.example.test"`)
}

/** In its shortest form; a network of v4 that is written as v6 is one of v4. A single address is a network of one. */
function parseNetwork(text: string): string {
  const [, address = '', , length] = /^([^/%]+)(\/(\d{1,3}))?$/u.exec(bare(text)) ?? []
  if (isIP(address) === 0) throw networkError(text)
  const parsed = ipaddr.parse(address)
  const bits = parsed.kind() === 'ipv4' ? 32 : 128
  const prefix = length === undefined ? bits : Number(length)
  if (prefix > bits) throw networkError(text)
  if (parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress() && prefix >= 96) {
    return parseNetwork(`${parsed.toIPv4Address().toString()}/${prefix - 96}`)
  }
  const family = parsed.kind() === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6
  return `${family.networkAddressFromCIDR(`${parsed.toString()}/${prefix}`).toString()}/${prefix}`
}

function networkError(text: string): RangeError {
  return new RangeError(
    `found ${found(text)}, allowed: a network such as "10.0.0.0/8", "192.168.0.1/32" or "2001:db8::/32"`,
  )
}

function parsePorts(raw: string | number): Port[] {
  return String(raw)
    .split(',')
    .map((text): Port => {
      const [, first, , last = first] = /^\s*(\d+)(\s*-\s*(\d+))?\s*$/u.exec(text) ?? []
      const [from, to] = [Number(first), Number(last)]
      if (from >= 1 && from <= to && to <= 65_535) return { from, to }
      throw new RangeError(
        `found ${found(raw)}, allowed: ports from 1 to 65535, such as 80, "80-90" or "80,443,8000-8100", the lower one first`,
      )
    })
}
