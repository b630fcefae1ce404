import { durationNs } from '../kernel/units.ts'
import { messageOf } from '../kernel/errors.ts'
import { parseAddress } from './address.ts'
import { parseTlsFiles, tlsFileProblems } from './builtin/certificates.ts'
import { parseFraming, type RawFraming } from './builtin/framing.ts'
import { logFlags } from './readiness-settings.ts'
import type { RawBuiltin, RawCommand, RawTarget, RawUrl } from './settings-schema.ts'
import type { RawStats } from './stats-settings.ts'

/** What the address of a unix socket can hold (unix(7)), less the byte that ends it. */
const longestSocketPath = 107
const largestMessage = 16 * 2 ** 20

/** Something wrong with a target that the schema cannot say. */
export interface TargetProblem {
  /** JSON pointer below the target. */
  readonly pointer: string
  readonly message: string
}

/** Finds what is wrong with a `target` that has passed `targetSchema`; empty when nothing is. */
export function targetProblems(raw: unknown): TargetProblem[] {
  const target = raw as RawTarget
  const own =
    'builtin' in target ? builtinProblems(target) : 'command' in target ? commandProblems(target) : urlProblems(target)
  return [...own, ...statsProblems(target.stats)]
}

function builtinProblems(target: RawBuiltin): TargetProblem[] {
  const files = parseTlsFiles(target.tls)
  return [
    ...knobProblems(target),
    ...(files ? tlsFileProblems(files) : []).map(({ key, message }) => ({ pointer: `/tls/${key}`, message })),
    ...socketPathProblems(target.socketPath),
    ...framingProblems(target.framing),
  ]
}

function socketPathProblems(path = ''): TargetProblem[] {
  const length = Buffer.byteLength(path)
  if (length <= longestSocketPath && !path.includes('\0')) return []
  return [
    { pointer: '/socketPath', message: `found ${length} bytes, allowed: at most ${longestSocketPath}, none of them 0` },
  ]
}

function framingProblems(raw: RawFraming | undefined): TargetProblem[] {
  const framing = parseFraming(raw)
  if (framing.kind !== 'fixed' || (framing.sizeBytes > 0 && framing.sizeBytes <= largestMessage)) return []
  return [{ pointer: '/framing/fixed', message: `found ${framing.sizeBytes} bytes, allowed: 1 to ${largestMessage}` }]
}

function knobProblems({ knobs }: RawBuiltin): TargetProblem[] {
  const stall = knobs?.stall
  if (!stall || (durationNs(stall.for) > 0 && durationNs(stall.for) < durationNs(stall.every))) return []
  const message = `found ${stall.for} of every ${stall.every}, allowed: more than nothing and less than the whole period`
  return [{ pointer: '/knobs/stall/for', message }]
}

function commandProblems(target: RawCommand): TargetProblem[] {
  const lines = [
    { pointer: '/command', line: target.command },
    ...(target.prepare ?? []).map((line, index) => ({ pointer: `/prepare/${index}`, line })),
  ]
  return [
    ...lines.flatMap(({ pointer, line }) =>
      line[0]?.trim() ? [] : [{ pointer: `${pointer}/0`, message: 'found nothing, allowed: the name of a program' }],
    ),
    ...Object.keys(target.files ?? {}).flatMap(fileProblems),
    ...Object.keys(target.env ?? {}).flatMap(envProblems),
    ...patternProblems('/ready/log', target.ready?.log, logFlags),
  ]
}

function fileProblems(name: string): TargetProblem[] {
  const steps = name.split('/')
  if (name && !steps.includes('..') && !steps.includes('')) return []
  const message = `found ${JSON.stringify(name)}, allowed: a relative path that stays inside {dir}`
  return [{ pointer: `/files/${escapeStep(name)}`, message }]
}

function envProblems(name: string): TargetProblem[] {
  if (/^[^=\0]+$/u.test(name) && !name.startsWith('SOAKRIG_')) return []
  const message = `found ${JSON.stringify(name)}, allowed: names without "=" that do not begin with SOAKRIG_`
  return [{ pointer: `/env/${escapeStep(name)}`, message }]
}

function urlProblems({ url, stats }: RawUrl): TargetProblem[] {
  const address = parseAddress(url)
  if (!address) {
    const allowed = 'http, https, tcp or udp://HOST:PORT without a path (paths belong to the requests)'
    return [{ pointer: '/url', message: `found ${JSON.stringify(url)}, allowed: ${allowed}` }]
  }
  if (stats === undefined || stats === 'none' || address.scheme.startsWith('http')) return []
  return [
    { pointer: '/stats', message: `found a page of ${address.scheme}://, allowed: "none", since it is read over HTTP` },
  ]
}

function statsProblems(stats: RawStats | undefined): TargetProblem[] {
  if (!stats || stats === 'none' || !('pattern' in stats)) return []
  const problems = patternProblems('/stats/pattern', stats.pattern)
  if (problems.length > 0) return problems
  // With an empty alternative the pattern matches anything, so that its groups can be counted.
  const groups = (new RegExp(`${stats.pattern}|`).exec('')?.length ?? 1) - 1
  if (groups === 1) return []
  return [{ pointer: '/stats/pattern', message: `found ${groups} groups, allowed: one, around the number of requests` }]
}

function patternProblems(pointer: string, pattern: string | undefined, flags = ''): TargetProblem[] {
  if (pattern === undefined) return []
  try {
    void new RegExp(pattern, flags)
    return []
  } catch (error) {
    return [{ pointer, message: `found no regular expression: ${messageOf(error)}` }]
  }
}

function escapeStep(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}
