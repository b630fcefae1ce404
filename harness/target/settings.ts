import type { Framing } from '../kernel/framing.ts'
import { durationNs } from '../kernel/units.ts'
import type { BuiltinName } from './builtin/builtins.ts'
import { parseTlsFiles, type TlsFiles } from './builtin/certificates.ts'
import type { DependencySettings } from './builtin/dependency.ts'
import { parseFraming } from './builtin/framing.ts'
import { type Knobs, parseKnobs } from './builtin/knobs.ts'
import { parseReady, type ReadySettings } from './readiness-settings.ts'
import {
  type RawBuiltin,
  type RawCommand,
  type RawTarget,
  type RawUrl,
  stopDefaults,
  type StopSignal,
} from './settings-schema.ts'
import { parseStats, type StatsSettings } from './stats-settings.ts'

export { targetProblems } from './settings-problems.ts'
export { targetSchema } from './settings-schema.ts'

/** A server that comes with soakrig. */
export interface BuiltinSettings {
  readonly kind: 'builtin'
  readonly name: BuiltinName
  readonly knobs: Knobs
  readonly tls: TlsFiles | null
  /** A unix socket to listen on besides the port; relative to the folder that soakrig is run in. */
  readonly socketPath: string | null
  /** Of the TCP server. */
  readonly framing: Framing
  /** Of the HTTP server: what it asks at `/dependency`. */
  readonly dependency: DependencySettings | null
  readonly stats: StatsSettings
}

/** How a target is asked to end. */
export interface StopSettings {
  readonly signal: StopSignal
  /** After this long it is killed. */
  readonly graceNs: number
}

/** Any program that listens on a port; its texts may hold {port}, {dir} and {host}. */
export interface CommandSettings {
  readonly kind: 'command'
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  /** Path below {dir} → text. */
  readonly files: Readonly<Record<string, string>>
  readonly package: string | undefined
  readonly ready: ReadySettings
  readonly stop: StopSettings
  readonly prepare: readonly (readonly string[])[]
  /** A fixed port, or undefined for a free one. */
  readonly port: number | undefined
  /** Whether its heap is read, by the inspector of Node. */
  readonly heap: boolean
  readonly stats: StatsSettings
}

/** Something that runs already, and is never ended by soakrig. */
export interface UrlSettings {
  readonly kind: 'url'
  readonly url: string
  readonly pid: number | undefined
  readonly stats: StatsSettings
}

/** What is tested, and how it is started. */
export type TargetSettings = BuiltinSettings | CommandSettings | UrlSettings

/** Whether its heap can be asked for. */
export function hasHeap(target: TargetSettings): boolean {
  return target.kind === 'builtin' || (target.kind === 'command' && target.heap)
}

const builtinStats: StatsSettings = { kind: 'pointer', path: '/stats', pointer: '/requests' }

/** Reads a `target` that has passed `targetSchema` and has no `targetProblems`; units become numbers, defaults are filled in. */
export function parseTarget(raw: unknown): TargetSettings {
  const target = raw as RawTarget
  if ('builtin' in target) return parseBuiltin(target)
  return 'command' in target ? parseCommand(target) : parseUrl(target)
}

function parseBuiltin({ builtin, knobs, tls, socketPath, framing, dependency, stats }: RawBuiltin): BuiltinSettings {
  return {
    kind: 'builtin',
    name: builtin,
    knobs: parseKnobs(knobs),
    tls: parseTlsFiles(tls),
    socketPath: socketPath ?? null,
    framing: parseFraming(framing),
    dependency: dependency ?? null,
    stats: stats === undefined ? builtinStats : parseStats(stats),
  }
}

function parseCommand(raw: RawCommand): CommandSettings {
  const { signal = stopDefaults.signal, grace = stopDefaults.grace } = raw.stop ?? {}
  return {
    kind: 'command',
    command: raw.command,
    env: raw.env ?? {},
    cwd: raw.cwd ?? '.',
    files: raw.files ?? {},
    package: raw.package,
    ready: parseReady(raw.ready),
    stop: { signal, graceNs: durationNs(grace) },
    prepare: raw.prepare ?? [],
    port: raw.port,
    heap: raw.heap === 'inspector',
    stats: parseStats(raw.stats ?? 'none'),
  }
}

function parseUrl({ url, pid, stats = 'none' }: RawUrl): UrlSettings {
  return { kind: 'url', url, pid, stats: parseStats(stats) }
}
