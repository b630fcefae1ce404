import { isSoakrigError } from '../kernel/errors.ts'
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
  if (host === undefined || !(port <= 65_535)) throw badFlag(flag, text, 'HOST:PORT, such as 127.0.0.1:8080')
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
  /** Of it STRESS_DURATION and STRESS_MAX_ERROR_RATE are heeded. */
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
  }
  const { STRESS_DURATION, STRESS_MAX_ERROR_RATE } = flags.env
  const env = { ...(STRESS_DURATION && { STRESS_DURATION }), ...(STRESS_MAX_ERROR_RATE && { STRESS_MAX_ERROR_RATE }) }
  const { duration, seed, maxErrorRate } = flags
  return atFlags(
    () => parseProfile(document, { mode: 'smoke', flags: { duration, seed, maxErrorRate }, env }, source),
    {
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
    },
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
