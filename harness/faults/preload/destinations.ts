import { isIP } from 'node:net'
import type { Clock } from '../../kernel/clock.ts'
import type { Rng } from '../../kernel/rng.ts'
import type { TimerWheel } from '../../kernel/timer-wheel.ts'
import { addRules, type RuleTallies } from '../../measure/rule-tally.ts'
import { createDialer, type Dialer } from '../dialer.ts'
import type { AnyFault } from '../faults.ts'
import type { Endpoint } from '../relay/protocol.ts'
import type { Relay } from '../relay/relay.ts'
import type { Rule } from '../rule.ts'
import { everything, specificityOf } from '../match.ts'
import { concerns, mayFault } from './concern.ts'
import { asOwn } from './own-calls.ts'
import { reachableAddress } from './reachable-address.ts'

const loopback = '127.0.0.1'
const anyTraffic = { protocol: 'tcp', address: null, port: 0, sni: null } as const

export interface DestinationsOptions {
  readonly layer: string
  readonly rules: readonly Rule[]
  readonly relay: Relay
  readonly allowedHosts: readonly string[]
  readonly rng: Rng
  readonly clock: Clock
  readonly wheel: TimerWheel
  /** From when schedules count. */
  readonly originNs: number
  /** Hears of a destination that a rule is for, and that is not on this machine. */
  readonly left: (destination: Endpoint) => void
}

/** Faults that act on connections of TCP, wherever on their way. */
const onConnections = (fault: AnyFault): boolean =>
  fault.elsewhere === 'dialer' || ['stream', 'connection', 'listener'].some((part) => part in fault)

/**
 * Where the program connects to, one relay for each destination that a rule is for: the rules are bound to it, and what
 * else the program does at the same time changes nothing.
 */
export class Destinations {
  readonly #options: DestinationsOptions
  readonly #dialers = new Map<string, Promise<Dialer | null>>()
  /** Those of `#dialers` that are known by now. */
  readonly #known = new Map<string, Dialer | null>()
  readonly #ports = new Set<number>()

  constructor(options: DestinationsOptions) {
    this.#options = options
  }

  /** Whether a rule may act on a connection to it; the relays' own ports are nobody's destination. */
  concerns({ host, port }: Endpoint): boolean {
    if (this.#ports.has(port)) return false
    const address = isIP(host) === 0 ? null : host
    return concerns(this.#options.rules, { protocol: 'tcp', host, address, port, sni: undefined }, onConnections)
  }

  /** What dials the destination's relay, where that is known already; null: it is left alone. */
  known({ host, port }: Endpoint): Dialer | null | undefined {
    return this.#known.get(`${host} ${port}`)
  }

  /** What dials the destination's relay, which is opened for the first; null: it is left alone. */
  dialer(destination: Endpoint): Promise<Dialer | null> {
    const key = `${destination.host} ${destination.port}`
    const known = this.#dialers.get(key)
    if (known) return known
    const made = asOwn(() => this.#open(destination)).then((dialer) => {
      this.#known.set(key, dialer)
      return dialer
    })
    this.#dialers.set(key, made)
    return made
  }

  /** By `layer/rule`: connections and exchanges as the relays count them, and connections that got no further than the dialler. */
  read(): RuleTallies {
    const relays = Object.values(this.#options.relay.read(null)).map(({ rules }) => rules)
    const dialled = [...this.#known.values()].map((dialer) => (dialer ? notMade(dialer.read()) : {}))
    return [...relays, ...dialled].reduce<RuleTallies>(addRules, {})
  }

  async #open(destination: Endpoint): Promise<Dialer | null> {
    const { relay, rules, layer, allowedHosts, rng, clock, wheel, originNs, left } = this.#options
    const { host, port } = destination
    const address = isIP(host) === 0 ? await reachableAddress(host, port) : host
    // Nobody has heard of it: the program is to find that out by itself.
    if (address === null) return null
    if (!concerns(rules, { protocol: 'tcp', host, address, port, sni: undefined }, onConnections)) return null
    if (!mayFault(host, address, allowedHosts)) {
      left(destination)
      return null
    }
    const arm = `${host} ${port}`
    const listen = { host: loopback, port: 0 }
    const layers = [{ name: layer, rules: rules.map((rule) => knownAs(rule, host, address)) }]
    const relayPort = await relay.open({ arm, transport: 'tcp', upstream: { host: address, port }, layers, listen })
    relay.setSlice(arm, 0, originNs)
    this.#ports.add(relayPort)
    return createDialer({
      task: { rules, destination, resolver: null },
      layer,
      address: loopback,
      port: relayPort,
      allowedHosts,
      originNs,
      clock,
      wheel,
      rng: rng.fork('dialer', arm),
    })
  }
}

/** A rule for a host by its name, for its address too: the relay is told that one, which no other look-up can change. */
function knownAs(rule: Rule, host: string, address: string): Rule {
  const { match } = rule
  const named = specificityOf({ ...everything, hosts: match.hosts }, { ...anyTraffic, host }) !== null
  return named && match.hosts.length > 0 ? { ...rule, match: { ...match, hosts: [...match.hosts, address] } } : rule
}

/** What a dialler did, without the connections that its relay counts. */
function notMade(rules: RuleTallies): RuleTallies {
  return Object.fromEntries(
    Object.entries(rules).map(([name, { tallies }]) => {
      const failed = tallies['unreachable']?.fired ?? 0
      return [name, { connections: failed, matched: failed, tallies }]
    }),
  )
}
