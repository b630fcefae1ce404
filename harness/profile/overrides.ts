import type { Problem } from '../kernel/errors.ts'
import { found, isRecord, valueAt, within } from '../kernel/json.ts'
import { type Document, withValue } from './document.ts'
import type { BuildFlags } from './former-build.ts'
import { type ModeName, modeNames } from './modes.ts'
import { unknownPolicies } from './policies.ts'
import { didYouMean, quoted } from '../kernel/suggest.ts'

type FlagValue = string | number | undefined

/** What the command line says about values of the profile, as it was typed. */
export interface ProfileFlags {
  /** Of the stress stage; a bare number is in seconds. */
  readonly duration?: FlagValue
  /** Of the stress stage. */
  readonly workers?: FlagValue
  readonly connections?: FlagValue
  /** Of the load's open model. */
  readonly rate?: FlagValue
  readonly processes?: FlagValue
  readonly rounds?: FlagValue
  /** After which rounds the gate may have an answer: numbers with commas between them. */
  readonly gateRounds?: FlagValue
  readonly budget?: FlagValue
  readonly maxErrorRate?: FlagValue
  readonly maxRssDeltaKb?: FlagValue
  readonly seed?: FlagValue
}

/** Everything besides the profile that says how to run it. */
export interface ProfileOverrides {
  readonly mode?: ModeName | undefined
  readonly flags: ProfileFlags
  /** The environment: `STRESS_…`, and what `${env:NAME}` stands for. */
  readonly env: Readonly<Record<string, string>>
  readonly builds?: BuildFlags | undefined
  /** Policies to measure, instead of those of the mode. */
  readonly only?: readonly string[] | undefined
  /** The cure of the profile's scenario that is put over it. */
  readonly cure?: string | undefined
  /** Policies not to measure. */
  readonly skip?: readonly string[] | undefined
}

export type Origin = 'flag' | 'env'

/** A value that did not come from the profile: where it went, and what to call its place in a message. */
export interface Overridden {
  readonly pointer: string
  readonly origin: Origin
  readonly name: string
}

interface Override {
  readonly key: keyof ProfileFlags
  readonly option: string
  readonly variable?: string
  /** Where its value belongs; nowhere where the profile has no place for it, and why that is. */
  readonly pointers: (mode: ModeName, document: Document) => readonly string[]
  readonly whyNowhere?: string
  readonly read: (raw: string | number, pointer: string) => unknown
}

/** A number where it is one; whatever else is left for the schema to refuse. */
function number(raw: string | number): unknown {
  return typeof raw === 'string' && /^[+-]?\d+(\.\d+)?$/u.test(raw.trim()) ? Number(raw) : raw
}

/** A bare number of seconds gets its unit. */
function seconds(raw: string | number): unknown {
  return /^(\d+(\.\d+)?|\.\d+)$/u.test(String(raw).trim()) ? `${String(raw).trim()}s` : String(raw)
}

const inMode = (key: string) => (mode: ModeName) => [`/modes/${mode}/${key}`]
const at = (pointer: string) => () => [pointer]

/** The load models of a document: one, or one for each purpose. */
function models({ load }: Document): readonly string[] {
  const named = ['throughput', 'latency'].filter((name) => isRecord(load) && Object.hasOwn(load, name))
  return named.length === 0 ? ['/load'] : named.map((name) => `/load/${name}`)
}

const inModels = (key: string) => (_: ModeName, document: Document) =>
  models(document).map((model) => `${model}/${key}`)

/** The open model, that of latency where both are. */
function openRate(_: ModeName, document: Document): readonly string[] {
  const open = models(document).findLast((model) => valueAt(document, `${model}/model`) === 'open')
  return open === undefined ? [] : [`${open}/rate`]
}

/** The rounds of the mode's gate; the gate itself where the profile says that it has none. */
function gateRounds(mode: ModeName, document: Document): readonly string[] {
  const gate = `/modes/${mode}/gate`
  return [valueAt(document, gate) === false ? gate : `${gate}/rounds`]
}

function gateOrRounds(raw: string | number, pointer: string): unknown {
  const rounds = String(raw)
    .split(',')
    .map((part) => number(part.trim()))
  return pointer.endsWith('/rounds') ? rounds : { rounds }
}

const table: readonly Override[] = [
  { key: 'duration', option: '--duration', variable: 'STRESS_DURATION', pointers: inMode('duration'), read: seconds },
  { key: 'workers', option: '--workers', variable: 'STRESS_WORKERS', pointers: inMode('workers'), read: number },
  { key: 'connections', option: '--connections', pointers: inModels('connections'), read: number },
  {
    key: 'rate',
    option: '--rate',
    pointers: openRate,
    read: number,
    whyNowhere: 'as the load has no open model',
  },
  { key: 'processes', option: '--processes', pointers: at('/load/processes'), read: number },
  { key: 'rounds', option: '--rounds', pointers: inMode('rounds'), read: number },
  {
    key: 'gateRounds',
    option: '--gate-rounds',
    pointers: gateRounds,
    read: gateOrRounds,
  },
  { key: 'budget', option: '--budget', pointers: inMode('budget'), read: seconds },
  {
    key: 'maxErrorRate',
    option: '--max-error-rate',
    variable: 'STRESS_MAX_ERROR_RATE',
    pointers: at('/ceilings/errorRate'),
    read: number,
  },
  {
    key: 'maxRssDeltaKb',
    option: '--max-rss-delta-kb',
    variable: 'STRESS_MAX_RSS_DELTA_KB',
    pointers: at('/ceilings/rssDeltaKb'),
    read: number,
  },
  { key: 'seed', option: '--seed', pointers: at('/seed'), read: number },
]

/** Puts flags and `STRESS_…` variables over the profile: flag > environment > profile. An empty variable is none. */
export function applyOverrides(
  document: Document,
  { flags, env }: Pick<ProfileOverrides, 'flags' | 'env'>,
  mode: ModeName,
): { readonly document: Document; readonly overridden: readonly Overridden[]; readonly problems: readonly Problem[] } {
  const given = table.flatMap(({ key, option, variable = '', pointers, read, whyNowhere = '' }) => {
    const raw = flags[key] ?? (env[variable] || undefined)
    if (raw === undefined) return []
    const [origin, name] = flags[key] === undefined ? (['env', variable] as const) : (['flag', option] as const)
    return [{ origin, name, raw, read, places: pointers(mode, document), whyNowhere }]
  })
  const placed = given.flatMap(({ places, raw, read, ...one }) =>
    places.map((pointer) => ({ ...one, pointer, value: read(raw, pointer) })),
  )
  return {
    document: placed.reduce((changed, { pointer, value }) => withValue(changed, pointer, value), document),
    overridden: placed.map(({ pointer, origin, name }) => ({ pointer, origin, name })),
    problems: given
      .filter(({ places }) => places.length === 0)
      .map(({ name, raw, read, whyNowhere }) => ({
        where: name,
        message: `found ${found(read(raw, ''))}, allowed: nothing, ${whyNowhere}`,
      })),
  }
}

/** The same problem, its place named by the flag or variable that the value came from. */
export function placedAtOrigin(problem: Problem, overridden: readonly Overridden[]): Problem {
  const origin = overridden.find(({ pointer }) => within(problem.where, pointer))
  return origin ? { ...problem, where: origin.name } : problem
}

/** What is wrong with the mode's name, which comes from the command line. */
export function modeNameProblems(name: string): Problem[] {
  if ((modeNames as readonly string[]).includes(name)) return []
  const message = `found ${JSON.stringify(name)}, allowed: ${quoted(modeNames)}${didYouMean(name, modeNames)}`
  return [{ where: '--mode', message }]
}

/** What is wrong with the names in `only` and `skip`. */
export function selectionProblems({ only = [], skip = [] }: ProfileOverrides, declared: readonly string[]): Problem[] {
  const names = [...only.map((name) => ({ name, where: '--only' })), ...skip.map((name) => ({ name, where: '--skip' }))]
  return unknownPolicies(names, declared)
}

/** The policies of a mode after `only` and `skip`, in declared order; undefined when neither was given. */
export function selectPolicies(
  { only, skip = [] }: ProfileOverrides,
  ofMode: 'all' | readonly string[],
  declared: readonly string[],
): readonly string[] | undefined {
  if (only === undefined && skip.length === 0) return undefined
  const chosen = only ?? (ofMode === 'all' ? declared : ofMode)
  return declared.filter((name) => chosen.includes(name) && !skip.includes(name))
}
