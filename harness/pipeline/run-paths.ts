import { activeFaults, type AnyFault } from '../faults/faults.ts'
import type { Endpoint, RelayArm } from '../faults/relay/protocol.ts'
import type { Rule } from '../faults/rule.ts'
import { SoakrigError } from '../kernel/errors.ts'
import { quoted } from '../kernel/suggest.ts'
import type { Policy, Profile } from '../profile/profile.ts'
import { dependencyArm } from '../run/dependencies.ts'
import { loopback } from '../target/running.ts'
import { badFlag } from './bad-flag.ts'
import { parseEndpoint } from './flags.ts'

/** A service that a command asks through a relay, told to it by an environment variable. */
export interface RunUpstream {
  readonly env: string
  readonly upstream: Endpoint
}

/** `ENV=HOST:PORT` each, as flags hold them, a variable once. Throws `bad-flag` (104). */
export function parseRunUpstreams(texts: readonly string[]): readonly RunUpstream[] {
  const upstreams = texts.map(parseRunUpstream)
  const names = upstreams.map(({ env }) => env)
  const twice = names.find((env, index) => names.indexOf(env) < index)
  if (twice !== undefined) throw badFlag('--upstream', `${twice} twice`, 'each variable once')
  return upstreams
}

function parseRunUpstream(text: string): RunUpstream {
  const [, env, rest] = /^([A-Za-z_]\w*)=(.+)$/u.exec(text) ?? []
  if (env === undefined || rest === undefined) throw badFlag('--upstream', text, 'VARIABLE=HOST:PORT')
  return { env, upstream: parseEndpoint('--upstream', rest) }
}

/** The arm in front of the target itself. */
export const targetArm = 'target'

/** The arm in front of an upstream of the command's own. */
export function upstreamArm(env: string): string {
  return `upstream:${env}`
}

/** The policy of that name. Throws `unknown-policy` and `policy-without-fault` (104). */
export function policyOf({ policies }: Profile, name: string, near: (names: readonly string[]) => string): Policy {
  const policy = policies.find((one) => one.name === name)
  const names = policies.map((one) => one.name)
  if (!policy) {
    const allowed = names.length === 0 ? 'none, since the profile has no policies' : quoted(names)
    throw new SoakrigError(`--policy: found ${JSON.stringify(name)}, allowed: ${allowed}${near(names)}`, {
      code: 'unknown-policy',
      exit: 'usage',
    })
  }
  if (policy.rules.length > 0) return policy
  throw new SoakrigError(`the policy ${name} has no fault that a command could run under`, {
    code: 'policy-without-fault',
    exit: 'usage',
    hint: 'A client policy is carried out by the load workers of soakrig: measure it with soakrig policies.',
  })
}

/** The arms in front of what the target asks; the rules act at the one that the policy names. */
export function dependencyArms({ dependencies }: Profile, policy: Policy): readonly RelayArm[] {
  return dependencies.map(({ name, upstream }) =>
    armOf(dependencyArm(name), 'tcp', upstream, policy.at === name ? [policy] : []),
  )
}

/** The arms in front of what the command asks; the rules act on all of them, unless the policy is at a dependency. */
export function commandArms(
  profile: Profile,
  policy: Policy,
  target: Endpoint,
  upstreams: readonly RunUpstream[],
): readonly RelayArm[] {
  const acting = policy.at === null ? [policy] : []
  const transport = profile.workload.protocol === 'udp' ? 'udp' : 'tcp'
  return [
    armOf(targetArm, transport, target, acting),
    ...upstreams.map(({ env, upstream }) => armOf(upstreamArm(env), 'tcp', upstream, acting)),
  ]
}

function armOf(
  arm: string,
  transport: 'tcp' | 'udp',
  upstream: Endpoint,
  policies: readonly Pick<Policy, 'name' | 'rules'>[],
): RelayArm {
  const layers = policies.map(({ name, rules }) => ({ name, rules }))
  return { arm, transport, upstream, layers, listen: { host: loopback, port: 0 } }
}

/** What is put into the variable of an upstream: a port where it is named so, else HOST:PORT. */
export function addressFor(env: string, { host, port }: Endpoint): string {
  if (/(^|_)PORT$/iu.test(env)) return String(port)
  return formatEndpoint({ host, port })
}

/** `HOST:PORT`, or `[IPV6]:PORT`. */
export function formatEndpoint({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Refuses faults on the target where the rules act inside a command. Throws `bad-fault` (104). */
export function refuseTargetFaults(rules: readonly Rule[]): void {
  const names = keywordsOf(rules, ({ elsewhere }) => elsewhere === 'target')
  if (names === null) return
  throw new SoakrigError(`${names} acts on the target, which a command cannot do to it`, {
    code: 'bad-fault',
    exit: 'usage',
    hint: 'Leave --preload out.',
  })
}

function keywordsOf(rules: readonly Rule[], wanted: (fault: AnyFault) => boolean): string | null {
  const found = rules.flatMap(({ faults }) => activeFaults(faults).map(({ fault }) => fault)).filter(wanted)
  return found.length === 0 ? null : quoted([...new Set(found.map(({ keyword }) => keyword))])
}

/** Refuses faults that act where a command's own calls are made, in a process that is not ours. Throws `bad-fault` (104). */
export function refuseClientFaults(rules: readonly Rule[]): void {
  const names = keywordsOf(rules, ({ elsewhere }) => elsewhere === 'dialer' || elsewhere === 'dns')
  if (names === null) return
  throw new SoakrigError(`${names} acts in the process that makes the calls, which soakrig does not make here`, {
    code: 'bad-fault',
    exit: 'usage',
    hint: 'A command of Node takes it with --preload.',
  })
}
