import { isIPv4 } from 'node:net'
import { type JsonSchema, objectSchema, quantitySchema } from '../kernel/json-schema.ts'
import { durationNs, nsPerMs, shareOf, significant } from '../kernel/units.ts'
import type { FaultMember } from './fault.ts'
import { delayScale, parameter, shareScale } from './parameter.ts'
import { lateShare } from './uniform-delay.ts'

/**
 * What may happen to a query, in the order in which they share the number that is drawn for it: `drop` is never answered,
 * the others are answered with that.
 */
export const dnsKinds = [
  'drop',
  'nxdomain',
  'servfail',
  'refused',
  'empty',
  'wrongAddress',
  'truncated',
  'malformed',
] as const
export type DnsKind = (typeof dnsKinds)[number]

/** Kinds of which the client has an error and no address. */
const failing: readonly DnsKind[] = ['drop', 'nxdomain', 'servfail', 'refused', 'empty', 'malformed']

/** What a resolver does wrong. */
export interface DnsSettings {
  readonly delayNs: number
  readonly jitterNs: number
  /** By kind: the share of queries that suffer it. Together 1 at most. */
  readonly shares: Readonly<Record<DnsKind, number>>
  /** The address that `wrongAddress` gives. */
  readonly wrong: string
  /** Time to live of all answers; null: as it is. */
  readonly ttlNs: number | null
  /** Names that are hit: exact, or `*.suffix` (not the bare suffix), in small letters; none: all. */
  readonly names: readonly string[]
  readonly types: readonly ('A' | 'AAAA')[]
  /** How long our own clients wait for an answer. */
  readonly timeoutNs: number
}

type RawDns = Partial<Record<DnsKind, string | number>> & {
  readonly delay?: string
  readonly jitter?: string
  readonly address?: string
  readonly ttl?: string
  readonly names?: readonly string[]
  readonly types?: readonly ('A' | 'AAAA')[]
  readonly timeout?: string
}

const defaults = { delay: '0ms', jitter: '0ms', timeout: '2s', address: '127.255.255.255' } as const

const descriptions: Readonly<Record<DnsKind, string>> = {
  drop: 'share of queries without an answer',
  nxdomain: 'share answered that there is no such name',
  servfail: 'share answered SERVFAIL',
  refused: 'share answered REFUSED',
  empty: 'share answered without an address and without an error',
  wrongAddress: 'share answered with `address`',
  truncated: 'share answered truncated over UDP, and in full over TCP',
  malformed: 'share answered with a packet that cannot be read',
}

const shareSchemas: Readonly<Record<string, JsonSchema>> = Object.fromEntries(
  dnsKinds.map((kind) => [kind, quantitySchema('share', descriptions[kind])]),
)

/**
 * Name look-ups that go wrong: of our own clients, which ask a resolver of ours while this fault is in force, and of
 * whoever else is pointed at it. One number is drawn per query; the kinds share [0, 1) in their order, so that each has
 * exactly its share. What is answered at all is `delay` late. Clients that dial an address, and connections that are kept,
 * look nothing up. It cannot emulate what the system's own resolver would do, such as its cache or its search list.
 */
export const dns: FaultMember<DnsSettings> = {
  keyword: 'dns',
  schema: objectSchema(
    {
      delay: quantitySchema('duration', 'how late an answer comes'),
      jitter: quantitySchema('duration', 'uniform in [-jitter, +jitter] around the delay, the sum never below 0'),
      ...shareSchemas,
      address: {
        type: 'string',
        default: defaults.address,
        description:
          'the address of `wrongAddress`, of IPv4; the default one is a broadcast address, which nobody can connect to',
      },
      ttl: quantitySchema('duration', 'time to live of all answers, in whole seconds'),
      names: {
        type: 'array',
        items: { type: 'string', minLength: 1 },
        description: 'names that are hit, exact or *.suffix; absent: all',
      },
      types: {
        type: 'array',
        items: { enum: ['A', 'AAAA'] },
        description: 'types of queries that are hit; absent: both',
      },
      timeout: {
        ...quantitySchema('duration', 'how long clients of soakrig wait for an answer'),
        default: defaults.timeout,
      },
    },
    { description: 'Name look-ups that fail, or come late or wrong.' },
  ),
  directional: false,
  elsewhere: 'dns',

  parse(raw) {
    const { delay, jitter, timeout, address, ttl, names, types, ...shares } = { ...defaults, ...(raw as RawDns) }
    const parsed = Object.fromEntries(dnsKinds.map((kind) => [kind, shareOf(shares[kind] ?? 0)]))
    const sum = total(parsed as Record<DnsKind, number>)
    if (sum > 1) throw new RangeError(`found shares of ${significant(100 * sum)} % together, allowed: 100 % at most`)
    if (!isIPv4(address)) throw new RangeError(`found the address ${address}, allowed: one of IPv4, such as 127.0.0.9`)
    return {
      delayNs: durationNs(delay),
      jitterNs: durationNs(jitter),
      shares: parsed as Record<DnsKind, number>,
      wrong: address,
      ttlNs: ttl === undefined ? null : durationNs(ttl),
      names: (names ?? []).map((name) => name.toLowerCase()),
      types: types ?? ['A', 'AAAA'],
      timeoutNs: timeoutOf(timeout),
    }
  },

  active: ({ delayNs, jitterNs, shares, ttlNs }) => delayNs > 0 || jitterNs > 0 || ttlNs !== null || total(shares) > 0,

  parameters: [
    parameter('delay', 'delayNs', delayScale),
    ...dnsKinds.map((kind) => ({
      ...shareScale,
      key: kind,
      read: ({ shares: ofKinds }: DnsSettings) => ofKinds[kind] || null,
      // Together they are 1 at most.
      write: (settings: DnsSettings, value: number) => {
        const others = total(settings.shares) - settings.shares[kind]
        return { ...settings, shares: { ...settings.shares, [kind]: Math.min(value, significant(1 - others)) } }
      },
    })),
  ],

  // A connection that is kept looks nothing up, so that nothing can be said of a median or of attempts.
  expect({ delayNs, jitterNs, shares, ttlNs, names, types }) {
    const sum = total(shares)
    const changed = ttlNs !== null ? 1 : lateShare(delayNs, jitterNs)
    const fired = (hit: number): number => 1 - (1 - hit) * (1 - changed)
    const everyQuery = names.length === 0 && types.length === 2
    const allFail = everyQuery && failing.reduce((share, kind) => share + shares[kind], 0) >= 1
    return {
      delayMs: null,
      // Whoever got a truncated answer asks again over TCP, where nothing is truncated.
      firedShare: { lo: fired(sum - shares.truncated), hi: fired(sum) },
      errorShare: allFail ? 1 : sum === 0 ? 0 : null,
      // Whoever gets no answer may give up the attempt before the look-up.
      errorClasses: shares.drop > 0 ? ['dns', 'timeout'] : ['dns'],
      connectDelayMs: everyQuery ? Math.max(0, delayNs - jitterNs) / nsPerMs : 0,
      undelivered: null,
    }
  },
}

function total(shares: Readonly<Record<DnsKind, number>>): number {
  return dnsKinds.reduce((sum, kind) => sum + shares[kind], 0)
}

function timeoutOf(timeout: string): number {
  const ns = durationNs(timeout)
  if (ns < nsPerMs) throw new RangeError(`found timeout ${timeout}, allowed: from 1ms`)
  return ns
}
