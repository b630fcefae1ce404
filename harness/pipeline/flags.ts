import { messageOf, SoakrigError } from '../kernel/errors.ts'
import type { Endpoint } from '../faults/relay/protocol.ts'
import type { Profile } from '../profile/profile.ts'
import { parseProfile } from '../profile/parse.ts'

function badFlag(flag: string, found: string, allowed: string, cause?: unknown): SoakrigError {
  return new SoakrigError(`${flag}: found ${JSON.stringify(found)}, allowed: ${allowed}`, {
    code: 'bad-flag',
    exit: 'usage',
    cause,
  })
}

/** `HOST:PORT`, or `[IPV6]:PORT`, as a flag holds it. Throws `bad-flag` (104). */
export function parseEndpoint(flag: string, text: string): Endpoint {
  const match = /^(?:\[(?<six>[^\]]+)\]|(?<host>[^:[\]]+)):(?<port>\d{1,5})$/u.exec(text)?.groups
  const host = match?.['six'] ?? match?.['host']
  const port = Number(match?.['port'])
  if (host === undefined || !(port <= 65_535)) throw badFlag(flag, text, 'HOST:PORT, such as 127.0.0.1:8080')
  return { host, port }
}

/** JSON as a flag holds it. Throws `bad-flag` (104). */
export function parseJsonFlag(flag: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw badFlag(flag, text, `JSON (${messageOf(error)})`, error)
  }
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
export interface LoadFlags {
  readonly url: string
  readonly connections: string
  readonly duration: string
  readonly processes: string
  readonly method: string
  readonly header: readonly string[] | undefined
  readonly body: string
  readonly status: string | undefined
  readonly timeout: string
  readonly seed: string | undefined
  readonly maxErrorRate: string | undefined
}

/** The profile that stands for ad hoc load on one URL. Throws `bad-flag`, `bad-profile` (104). */
export function loadProfileOf(flags: LoadFlags): Profile {
  const url = URL.canParse(flags.url) ? new URL(flags.url) : undefined
  if (!url || url.protocol !== 'http:') throw badFlag('URL', flags.url, 'http://HOST:PORT/PATH')
  const request = {
    name: 'load',
    method: flags.method,
    path: `${url.pathname}${url.search}`,
    headers: Object.fromEntries((flags.header ?? []).map(headerOf)),
    body: flags.body,
    expect: { status: flags.status === undefined ? null : Number(flags.status) },
  }
  const workers = Number(flags.connections)
  const document = {
    name: 'load',
    target: { url: url.origin },
    workload: { timeout: flags.timeout, requests: [request] },
    load: { model: 'closed', workers, processes: Number(flags.processes) },
    modes: { smoke: { duration: flags.duration, workers, budget: '366d' } },
    ceilings: { errorRate: flags.maxErrorRate ?? null, rssDeltaKb: null },
  }
  return parseProfile(document, { mode: 'smoke', flags: { seed: flags.seed }, env: {} }, 'the command line')
}

function headerOf(text: string): [string, string] {
  const at = text.indexOf(':')
  if (at <= 0) throw badFlag('--header', text, '"name: value"')
  return [text.slice(0, at).trim(), text.slice(at + 1).trim()]
}
