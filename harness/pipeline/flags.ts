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
  /** Undefined: the environment's, or ten seconds. */
  readonly duration: string | undefined
  readonly processes: string
  readonly method: string
  readonly header: readonly string[] | undefined
  readonly body: string
  readonly status: string | undefined
  readonly timeout: string
  readonly seed: string | undefined
  readonly maxErrorRate: string | undefined
  /** Of it STRESS_DURATION and STRESS_MAX_ERROR_RATE are heeded. */
  readonly env: Readonly<Record<string, string>>
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
    expect: { status: flags.status === undefined ? null : wholeNumber('--status', flags.status) },
  }
  const workers = wholeNumber('--connections', flags.connections)
  const document = {
    name: 'load',
    target: { url: url.origin },
    workload: { timeout: flags.timeout, requests: [request] },
    load: { model: 'closed', workers, processes: wholeNumber('--processes', flags.processes) },
    modes: { smoke: { duration: '10s', workers, budget: '366d' } },
    ceilings: { rssDeltaKb: null },
  }
  const { STRESS_DURATION, STRESS_MAX_ERROR_RATE } = flags.env
  const env = { ...(STRESS_DURATION && { STRESS_DURATION }), ...(STRESS_MAX_ERROR_RATE && { STRESS_MAX_ERROR_RATE }) }
  const { duration, seed, maxErrorRate } = flags
  return parseProfile(document, { mode: 'smoke', flags: { duration, seed, maxErrorRate }, env }, 'the command line')
}

function wholeNumber(flag: string, text: string): number {
  if (!/^\d{1,9}$/u.test(text)) throw badFlag(flag, text, 'a whole number')
  return Number(text)
}

function headerOf(text: string): [string, string] {
  const at = text.indexOf(':')
  if (at <= 0) throw badFlag('--header', text, '"name: value"')
  return [text.slice(0, at).trim(), text.slice(at + 1).trim()]
}
