import { isIP, isIPv6, type LookupFunction, type Socket } from 'node:net'
import type { Clock } from '../kernel/clock.ts'
import { mayDial } from '../kernel/loopback.ts'
import type { Rng } from '../kernel/rng.ts'
import { type TimerWheel, wheelEntry } from '../kernel/timer-wheel.ts'
import type { RuleTallies } from '../measure/rule-tally.ts'
import type { Tallies } from '../measure/tally.ts'
import { noDecisions } from './decisions.ts'
import { dialVerdict, isDialled } from './dial-verdict.ts'
import { dns, type DnsSettings } from './dns.ts'
import { lookUp, type NamedResolver } from './dns/lookup.ts'
import { activeFaults } from './faults.ts'
import { ArmRules } from './relay/arm-rules.ts'
import type { Endpoint } from './relay/protocol.ts'
import type { Rule } from './rule.ts'

/** What is to happen to the connections of one arm before they are dialled: plain data, sent to the workers as it is. */
export interface DialerTask {
  readonly rules: readonly Rule[]
  /** The destination as rules know it: that of the target, whatever relay is dialled in its place. */
  readonly destination: Endpoint
  /** Who is asked for the address of each connection, under which name; null: the address is known. */
  readonly resolver: NamedResolver | null
}

/** What a dialler has to do for these rules; null where there is nothing. The resolver is for those that have a `dns` fault. */
export function dialerTask(
  rules: readonly Rule[],
  resolver: Omit<NamedResolver, 'timeoutNs'> | null,
  destination: Endpoint,
): DialerTask | null {
  const active = rules.flatMap(({ faults }) => activeFaults(faults))
  const timeouts = active
    .filter(({ fault }) => fault.keyword === dns.keyword)
    .map(({ settings }) => (settings as DnsSettings).timeoutNs)
  const asked = resolver && timeouts.length > 0 ? { ...resolver, timeoutNs: Math.max(...timeouts) } : null
  return asked || active.some(({ fault }) => isDialled(fault)) ? { rules, destination, resolver: asked } : null
}

/** Where one connection goes, as `net.connect` and `tls.connect` take it. */
export interface DialPlace {
  /** No address, since Node asks `lookup` for names only. */
  readonly host: string
  readonly port: number
  readonly autoSelectFamily: false
  readonly lookup: LookupFunction
}

/** A place to which connections go one after the other, where their sockets are made by somebody else. */
export interface GivenPlace {
  readonly place: DialPlace
  /** Fails the connection that waits to be dialled, if there is one. */
  readonly giveUp: (error: Error) => void
}

/** What a connection is made with besides. */
export interface DialOptions {
  /** The server name of its TLS; null for none. */
  readonly sni?: string | null
  /** UDP has no handshake. */
  readonly protocol?: 'tcp' | 'udp'
}

export interface DialerOptions {
  readonly task: DialerTask
  /** The name of the rules' layer. */
  readonly layer: string
  /** Where to dial; with a resolver, only the port. */
  readonly address: string
  readonly port: number
  readonly allowedHosts: readonly string[]
  /** From when schedules count. */
  readonly originNs: number
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly rng: Rng
}

/** Between the wish for a connection and its socket. What it adds is a part of the time that connecting takes. */
export interface Dialer {
  /** Makes one connection: `open` makes the socket, which waits in Node's look-up of the name until it is dialled. */
  dial<Made extends Socket>(open: (place: DialPlace) => Made, options?: DialOptions): Made
  /** The same for sockets that others make, of which one waits at a time. */
  given(options?: DialOptions): GivenPlace
  /** By fault keyword. */
  tallies(): Tallies
  /** By `layer/rule`. */
  read(): RuleTallies
  /** Ends what waits; no socket is dialled any more. */
  close(): void
}

/** Stands for a name that is never looked up by itself (RFC 6761). */
const noName = 'target.invalid'

/** Makes the dialler of one slice in one worker. The decisions of a connection are those of the ordinal in which it is dialled. */
export function createDialer(options: DialerOptions): Dialer {
  const { task, layer, port, originNs, clock, wheel, rng } = options
  const rules = new ArmRules({
    arm: 'dialer',
    layers: [{ name: layer, rules: task.rules }],
    context: { rng, clock, wheel, decisions: noDecisions },
  })
  rules.setSlice(0, originNs)
  const waiting = new Set<(error?: Error) => void>()
  let closed = false

  const given = (dialOptions: DialOptions = {}): GivenPlace => {
    let giveUp: (error?: Error) => void = () => {}
    const lookup: LookupFunction = (_, { all }, found) => {
      // Such as the one connection more that grpc-js may make.
      if (closed) return found(new Error('the dialler is closed'), '', 4)
      giveUp = begin(options, rules, waiting, dialOptions, (error, address) => {
        const family = isIPv6(address) ? 6 : 4
        if (all) found(error, [{ address, family }])
        else found(error, address, family)
      })
    }
    return { place: { host: noName, port, autoSelectFamily: false, lookup }, giveUp: (error) => giveUp(error) }
  }
  return {
    given,
    dial(open, dialOptions) {
      const { place, giveUp } = given(dialOptions)
      const socket = open(place)
      socket.once('close', () => giveUp(new Error('the socket was closed')))
      return socket
    },
    tallies: () =>
      Object.fromEntries(Object.entries(rules.read().tallies).filter(([keyword]) => isDialled({ keyword }))),
    read: () => rules.read().rules,
    close() {
      closed = true
      for (const end of waiting) end()
      rules.close()
    },
  }
}

type Dialled = (error: Error | null, address: string) => void

/**
 * Begins one connection: its address, whether it is reachable, how late it is. Returns what gives it up, with an error that
 * is told, or without a word.
 */
function begin(
  { task, address, allowedHosts, clock, wheel }: DialerOptions,
  rules: ArmRules,
  waiting: Set<(error?: Error) => void>,
  { sni = null, protocol = 'tcp' }: DialOptions,
  told: Dialled,
): (error?: Error) => void {
  let stop = (): void => {}
  let over = false
  const end = (): boolean => {
    if (over) return false
    over = true
    waiting.delete(giveUp)
    session.close()
    stop()
    return true
  }
  const tell: Dialled = (error, at) => {
    if (end()) told(error, at)
  }
  const giveUp = (error?: Error): void => {
    if (end() && error) told(error, '')
  }
  const session = rules.session({ protocol, ...task.destination, address, sni }, { hurry() {}, changed() {} })
  const dialIt = (at: string): void => {
    const nowNs = clock.nowNs()
    const { failure, delayNs } = dialVerdict(session.begin(null), nowNs, protocol === 'tcp')
    const due = (): void => tell(failure, at)
    if (delayNs === 0) return due()
    const entry = wheelEntry(due)
    stop = () => wheel.cancel(entry)
    wheel.schedule(entry, nowNs + delayNs)
  }
  waiting.add(giveUp)
  const { resolver } = task
  if (!resolver || isIP(resolver.name) !== 0) dialIt(address)
  else {
    stop = lookUp(resolver, { clock, wheel }, (error, at) => {
      if (error) tell(error, '')
      else if (mayDial(at, resolver.name, allowedHosts)) dialIt(at)
      else tell(notAllowed(resolver.name, at), '')
    })
  }
  return giveUp
}

/** An address that no load may go to; its name was allowed, so that this is no mistake of the user's. */
function notAllowed(name: string, address: string): Error {
  return Object.assign(new Error(`EACCES ${name} was resolved to ${address}, which is not a loopback address`), {
    code: 'EACCES',
  })
}
