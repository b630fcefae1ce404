import { isIP } from 'node:net'
import { activeFaults } from '../faults/faults.ts'
import { isEverything, type Match, specificityOf } from '../faults/match.ts'
import type { Rule } from '../faults/rule.ts'
import type { Problem } from '../kernel/errors.ts'
import { isRecord } from '../kernel/json.ts'
import { quoted } from '../kernel/suggest.ts'

/** Where the connections go that a policy's rules are held against. */
export interface Way {
  readonly transport: 'tcp' | 'udp'
  readonly host: string
  /** Null where that is known only when it listens. */
  readonly port: number | null
  /** Whether it may speak TLS, in which a server is named. */
  readonly mayBeTls: boolean
}

/** A rule, and the pointer to it. */
export interface PlacedRule {
  readonly rule: Rule
  readonly where: string
}

/** The address on which soakrig has targets listen that it starts itself. */
const ownHost = '127.0.0.1'

/** The way to the target; null where the profile does not say where that is. */
export function wayToTarget(target: unknown, workload: unknown): Way | null {
  if (!isRecord(target) || !isRecord(workload)) return null
  const { protocol, tls } = workload
  const transport = protocol === 'udp' ? 'udp' : 'tcp'
  const mayBeTls = tls !== undefined && tls !== false
  const { url, port } = target
  if (url === undefined) return { transport, host: ownHost, port: typeof port === 'number' ? port : null, mayBeTls }
  const parsed = typeof url === 'string' ? URL.parse(url) : null
  if (!parsed) return null
  const fallback = parsed.protocol === 'https:' ? 443 : 80
  return { transport, host: bare(parsed.hostname), port: Number(parsed.port) || fallback, mayBeTls }
}

/** The way from the target to what it asks, whose protocol nobody knows. */
export function wayToDependency({ host, port }: { readonly host: string; readonly port: number }): Way {
  return { transport: 'tcp', host, port, mayBeTls: true }
}

const bare = (host: string): string => host.replace(/^\[(.*)\]$/u, '$1')

/** Rules that could never act: none of what goes this way is of their kind, or another rule always wins. */
export function reachProblems(rules: readonly PlacedRule[], way: Way | null): Problem[] {
  const enabled = rules.filter(({ rule }) => rule.enabled)
  const ofOthers = enabled.flatMap(({ rule, where }) => (way === null ? [] : strayProblems(rule, where, way)))
  return ofOthers.length > 0 ? ofOthers : enabled.flatMap((placed) => outdoneProblems(placed, enabled))
}

function strayProblems({ match, faults }: Rule, where: string, way: Way): Problem[] {
  // A look-up is of a name, which no way has.
  if (activeFaults(faults).some(({ fault }) => fault.elsewhere === 'dns')) return []
  const { transport, host, port, mayBeTls } = way
  const { protocol, snis, ports, hosts, cidrs } = match
  const place = `${where}/match`
  if (protocol !== 'any' && protocol !== transport) {
    return [{ where: place, message: `found ${protocol}, allowed: any or ${transport}, as nothing else goes this way` }]
  }
  if (snis.length > 0 && !mayBeTls) {
    return [{ where: place, message: `found ${quoted(snis)} of TLS, allowed: none, as the workload does not speak it` }]
  }
  if (port === null && ports.length > 0 && !ports.some(({ from, to }) => from <= 1024 && to === 65_535)) {
    const message =
      'found a port, allowed: none, as the target gets a free one; a target with a command may have a fixed "port"'
    return [{ where: place, message }]
  }
  // What a name resolves to is known only then.
  const known = isIP(host) !== 0 || cidrs.length === 0
  if (!known || meets(match, way)) return []
  const found = [...hosts, ...cidrs, ...ports.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`))]
  const leadsTo = port === null ? host : `${host}, port ${port}`
  return [
    {
      where: place,
      message: `found ${found.join(', ')}, allowed: what ${leadsTo} meets, as this way leads there only`,
    },
  ]
}

function meets(match: Match, { transport, host, port }: Way): boolean {
  const own = { ...match, snis: [], ports: port === null ? [] : match.ports }
  const address = isIP(host) === 0 ? null : host
  return specificityOf(own, { protocol: transport, host, address, port: port ?? 0, sni: null }) !== null
}

/** One rule acts at a time, and the strongest that matches does whether it is on or not. */
function outdoneProblems({ rule, where }: PlacedRule, rules: readonly PlacedRule[]): Problem[] {
  const winner = rules.find((other) => other.rule !== rule && covers(other.rule, rule) && wins(other.rule, rule, rules))
  if (!winner) return []
  const message = `never acts: rule ${winner.rule.name} wins on all that it matches; allowed: a higher priority, or a match of its own`
  return [{ where, message }]
}

const same = (one: Match, other: Match): boolean => JSON.stringify(one) === JSON.stringify(other)

function covers({ match }: Rule, other: Rule): boolean {
  return isEverything(match) || same(match, other.match)
}

function wins(one: Rule, other: Rule, rules: readonly PlacedRule[]): boolean {
  if (one.priority !== other.priority) return one.priority > other.priority
  const order = rules.map(({ rule }) => rule)
  return same(one.match, other.match) && order.indexOf(one) < order.indexOf(other)
}
