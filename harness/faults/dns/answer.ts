import type { Buffer } from 'node:buffer'
import { isIPv4, isIPv6 } from 'node:net'
import {
  type Answer,
  AUTHORITATIVE_ANSWER,
  decode,
  encode,
  type Question as PacketQuestion,
  RECURSION_AVAILABLE,
  RECURSION_DESIRED,
  TRUNCATED_RESPONSE,
} from 'dns-packet'
import type { DnsKind } from '../dns.ts'
import { withTimeToLive } from './time-to-live.ts'
import type { DnsVerdict } from './verdict.ts'

/** A query as it came. */
export interface Query {
  readonly id: number
  readonly question: PacketQuestion
  readonly wantsRecursion: boolean
  /** The largest answer over UDP that its sender takes, in bytes. */
  readonly mostBytes: number
  /** Whether it speaks of such things itself (EDNS, RFC 6891). */
  readonly extended: boolean
}

/** RFC 1035, section 4.1.1. */
const codes = { nxdomain: 3, servfail: 2, refused: 5 } as const

/** Without EDNS, RFC 1035, section 2.3.4. */
const plainBytes = 512
const ourBytes = 1232

/** Seconds for which an answer may be kept, where no fault says otherwise. */
const ownTtl = 60

/** Reads a query; null for what is none. */
export function readQuery(bytes: Buffer): Query | null {
  try {
    const { id = 0, type, questions = [], additionals = [], flag_rd: wantsRecursion } = decode(bytes)
    const [question] = questions
    if (type !== 'query' || !question) return null
    const extension = additionals.find((one) => one.type === 'OPT')
    const mostBytes = Math.max(plainBytes, Math.min(ourBytes, extension?.udpPayloadSize ?? plainBytes))
    return { id, question, wantsRecursion, mostBytes, extended: extension !== undefined }
  } catch {
    return null
  }
}

/** Names in small letters and without the last dot, as they are looked up. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/\.$/u, '')
}

/** The answer to a query; `addresses` of its name, or null where there is no such name. Over UDP one that is too long is cut. */
export function answerTo(
  query: Query,
  addresses: readonly string[] | null,
  verdict: DnsVerdict,
  overTcp: boolean,
): Buffer {
  const { kind } = verdict
  const code = codeOf(kind, addresses)
  const honest = kind === 'wrongAddress' ? wrongAddresses(query.question, verdict.wrong) : (addresses ?? [])
  const records = code === 0 && kind !== 'empty' ? recordsOf(query.question, honest, verdict.ttlSeconds ?? ownTtl) : []
  const whole = packetOf(query, code, records)
  const tooLong = !overTcp && whole.length > query.mostBytes
  if (kind === 'truncated' || tooLong) return packetOf(query, code | TRUNCATED_RESPONSE, [])
  return kind === 'malformed' ? cut(whole) : whole
}

/** The answer of another resolver, with what the verdict makes of it. */
export function answerLike(answer: Buffer, query: Query, verdict: DnsVerdict): Buffer {
  const { kind, ttlSeconds } = verdict
  if (kind === 'malformed') return cut(answer)
  if (kind === 'truncated') return packetOf(query, TRUNCATED_RESPONSE, [])
  return ttlSeconds === null ? answer : withTimeToLive(answer, ttlSeconds)
}

/** Whether the verdict leaves nothing to ask somebody else for. */
export function isMadeUp(kind: DnsKind | null): boolean {
  return kind !== null && kind !== 'truncated' && kind !== 'malformed'
}

/** The answer where another resolver was asked in vain. */
export function failedAnswer(query: Query): Buffer {
  return packetOf(query, codes.servfail, [])
}

function codeOf(kind: DnsKind | null, addresses: readonly string[] | null): number {
  if (kind === 'nxdomain' || kind === 'servfail' || kind === 'refused') return codes[kind]
  return addresses === null && kind !== 'wrongAddress' && kind !== 'empty' ? codes.nxdomain : 0
}

/** An IPv6 one is that of IPv4, mapped. */
function wrongAddresses({ type }: PacketQuestion, wrong: string): string[] {
  return type === 'AAAA' ? [`::ffff:${wrong}`] : [wrong]
}

function recordsOf({ name, type }: PacketQuestion, addresses: readonly string[], ttl: number): Answer[] {
  if (type !== 'A' && type !== 'AAAA') return []
  const ofFamily = addresses.filter(type === 'A' ? isIPv4 : isIPv6)
  return ofFamily.map((data) => ({ type, name, ttl, class: 'IN', data }))
}

function packetOf({ id, question, wantsRecursion, extended }: Query, flags: number, answers: Answer[]): Buffer {
  return encode({
    type: 'response',
    id,
    flags: flags | AUTHORITATIVE_ANSWER | RECURSION_AVAILABLE | (wantsRecursion ? RECURSION_DESIRED : 0),
    questions: [question],
    answers,
    additionals: extended ? [extension] : [],
  })
}

const extension: Answer = {
  type: 'OPT',
  name: '.',
  udpPayloadSize: ourBytes,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
}

/** A packet that ends within its question. */
function cut(packet: Buffer): Buffer {
  return packet.subarray(0, 14)
}
