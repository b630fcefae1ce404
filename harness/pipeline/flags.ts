import { isSoakrigError } from '../kernel/errors.ts'
import { within } from '../kernel/json.ts'
import type { Endpoint } from '../faults/relay/protocol.ts'
import { badProfile } from '../profile/compile.ts'
import { placedAtOrigin } from '../profile/overrides.ts'
import { parseProfile } from '../profile/parse.ts'
import type { Profile } from '../profile/profile.ts'
import { badFlag } from './bad-flag.ts'
import { durationOf, loadDocumentOf, type LoadModelFlags } from './load-flags.ts'
import { type LoadWorkloadFlags, urlDocumentOf } from './load-workload.ts'

/** `HOST:PORT`, or `[IPV6]:PORT`, as a flag holds it. Throws `bad-flag` (104). */
export function parseEndpoint(flag: string, text: string): Endpoint {
  const match = /^(?:\[(?<six>[^\]]+)\]|(?<host>[^:[\]]+)):(?<port>\d{1,5})$/u.exec(text)?.groups
  const host = match?.['six'] ?? match?.['host']
  const port = Number(match?.['port'])
  if (host === undefined || !(port <= 65_535))
    throw badFlag(flag, text, 'HOST:PORT with a port up to 65535, such as 127.0.0.1:8080')
  return { host, port }
}

/** `k=v` pairs. Throws `bad-flag` (104). */
export function parseTags(pairs: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=')
      if (at <= 0) throw badFlag('--tag', pair, 'key=value')
      return [pair.slice(0, at), pair.slice(at + 1)]
    }),
  )
}

/** What ad hoc load is told on the command line, as it was written. */
export interface LoadFlags extends LoadModelFlags, LoadWorkloadFlags {
  /** Undefined: the environment's, else as long as the stages or the requests take, else ten seconds. */
  readonly duration: string | undefined
  readonly seed: string | undefined
  readonly maxErrorRate: string | undefined
  /** The share of failures, of half a minute, that ends the load. */
  readonly failureBudget: string | undefined
  /** Of it STRESS_DURATION and STRESS_MAX_ERROR_RATE are heeded, and what `${env:NAME}` stands for. */
  readonly env: Readonly<Record<string, string>>
}

/** The profile that stands for ad hoc load on one URL. Throws `bad-flag`, `bad-profile` (104). */
export function loadProfileOf(flags: LoadFlags): Profile {
  const counted = flags.requests !== undefined
  const document = {
    name: 'load',
    ...urlDocumentOf(flags),
    load: loadDocumentOf(flags),
    // Of a number of requests all are measured, also where they take less than the usual discard.
    modes: { smoke: { duration: durationOf(flags), budget: '366d', ...(counted && { discard: '0s' }) } },
    ceilings: { rssDeltaKb: null },
    ...(flags.failureBudget !== undefined && { guards: { failureBudget: { threshold: flags.failureBudget } } }),
  }
  // These speak of what ad hoc load does not have: the workers of a mode, and a ceiling of memory.
  const { STRESS_WORKERS: _, STRESS_MAX_RSS_DELTA_KB: __, ...env } = flags.env
  const { duration, seed, maxErrorRate } = flags
  // The path of a grpc:// URL is the method that is called.
  const origins = { ...flagsByPointer, ...(flags.proto !== undefined && { '/workload/requests/0/method': 'URL' }) }
  const profile = atFlags(
    () => parseProfile(document, { mode: 'smoke', flags: { duration, seed, maxErrorRate }, env }, source),
    origins,
  )
  return { ...profile, provenance: provenanceOf(profile.provenance, origins, flags) }
}

/** Where the values of the profile come from, by JSON pointer. */
const flagsByPointer: Readonly<Record<string, string>> = {
  '/target/url': 'URL',
  '/workload/requests/0/path': 'URL',
  '/workload/path': 'URL',
  '/workload/tls/ca': '--cacert',
  '/workload/tls/cert': '--cert',
  '/workload/tls/key': '--key',
  '/workload/socketPath': '--unix-socket',
  '/workload/proto': '--proto',
  '/workload/requests/0/message': '--body',
  '/workload/requests/0/send': '--body',
  '/workload/requests/0/size': '--size',
  '/workload/headers': '--header',
  '/workload/requests/0/metadata': '--header',
  '/workload/requests/0/method': '--method',
  '/workload/requests/0/headers': '--header',
  '/workload/requests/0/expect/status': '--status',
  '/workload/timeout': '--timeout',
  '/load/workers': '--connections',
  '/load/connections': '--connections',
  '/load/rate': '--rate',
  '/load/arrival': '--arrival',
  '/load/maxInFlight': '--max-in-flight',
  '/load/iterations': '--requests',
  '/load/stages': '--stage',
  '/load/think': '--think',
  '/load/processes': '--processes',
  '/workload/protocol': 'URL',
  '/workload/version': '--http2',
  '/workload/tls/verify': '--insecure',
  '/load/model': '--rate',
  '/guards/failureBudget': '--failure-budget',
}

/** What these flags are where nobody gives them. */
const standard: Readonly<Record<string, string>> = { method: 'GET', body: '', timeout: '5s', processes: '1' }

/** There is no profile that a value could have come from: it is a flag's, or a default. */
function provenanceOf(
  provenance: Profile['provenance'],
  origins: Readonly<Record<string, string>>,
  flags: LoadFlags,
): Profile['provenance'] {
  const isGiven = (name: string): boolean => {
    const key = name.slice(2).replaceAll(/-(.)/gu, (_, letter: string) => letter.toUpperCase())
    const value = (flags as unknown as Readonly<Record<string, unknown>>)[key]
    return name === 'URL' || (value !== undefined && value !== false && value !== standard[key])
  }
  const ofFlag = (pointer: string): boolean =>
    Object.entries(origins).some(([place, name]) => within(pointer, place) && isGiven(name))
  return Object.fromEntries(
    Object.entries(provenance).map(([pointer, origin]) => [
      pointer,
      origin === 'profile' ? (ofFlag(pointer) ? 'flag' : 'default') : origin,
    ]),
  )
}

/** What the profile is called that stands for the flags. */
const source = 'the command line'

/** Names the places of problems by the flags that their values came from. */
function atFlags(make: () => Profile, flags: Readonly<Record<string, string>>): Profile {
  try {
    return make()
  } catch (error) {
    if (!isSoakrigError(error) || error.code !== 'bad-profile') throw error
    const origins = Object.entries(flags).map(([pointer, name]) => ({ pointer, name, origin: 'flag' as const }))
    throw badProfile(
      source,
      error.problems.map((problem) => placedAtOrigin(problem, origins)),
    )
  }
}
