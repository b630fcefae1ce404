import { type JsonSchema, objectSchema, quantitySchema } from '../kernel/json-schema.ts'
import { type BuiltinName, builtinNames, builtinOf } from './builtin/builtins.ts'
import { type RawTlsFiles, tlsFilesSchema } from './builtin/certificates.ts'
import { type DependencySettings, dependencySchema } from './builtin/dependency.ts'
import { framingSchema, type RawFraming } from './builtin/framing.ts'
import { knobsSchema, type RawKnobs } from './builtin/knobs.ts'
import { type RawReady, readySchema } from './readiness-settings.ts'
import { type RawStats, statsSchema } from './stats-settings.ts'

/** Signals that may ask a target to end. */
export const stopSignals = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGKILL'] as const
export type StopSignal = (typeof stopSignals)[number]

export interface RawBuiltin {
  readonly builtin: BuiltinName
  readonly knobs?: RawKnobs
  readonly tls?: RawTlsFiles
  readonly socketPath?: string
  readonly framing?: RawFraming
  readonly dependency?: DependencySettings
  readonly stats?: RawStats
}

export interface RawCommand {
  readonly command: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly files?: Readonly<Record<string, string>>
  readonly package?: string
  readonly ready?: RawReady
  readonly stop?: { readonly signal?: StopSignal; readonly grace?: string }
  readonly prepare?: readonly (readonly string[])[]
  readonly port?: number
  readonly heap?: 'inspector' | 'none'
  readonly stats?: RawStats
}

export interface RawUrl {
  readonly url: string
  readonly pid?: number
  readonly stats?: RawStats
}

/** A profile's `target` as it is written. */
export type RawTarget = RawBuiltin | RawCommand | RawUrl

export const stopDefaults = { signal: 'SIGTERM', grace: '5s' } as const

const holes = '{port}, {dir} and {host} are filled in'
const commandLine = (description: string): JsonSchema => ({
  type: 'array',
  items: { type: 'string' },
  minItems: 1,
  description: `${description}; ${holes}`,
})
const texts = (description: string): JsonSchema => ({
  type: 'object',
  additionalProperties: { type: 'string' },
  description: `${description}; ${holes}`,
})

const builtinExtras: Readonly<Record<string, JsonSchema>> = {
  tls: tlsFilesSchema,
  socketPath: {
    type: 'string',
    minLength: 1,
    description: 'A unix socket to listen on besides its port; relative to the folder that soakrig is run in',
  },
  framing: framingSchema,
  dependency: dependencySchema,
}

const builtinName: JsonSchema = { enum: builtinNames, description: 'Name of a target that comes with soakrig' }

const builtinCommon = { builtin: builtinName, knobs: knobsSchema, stats: statsSchema }

/** Each built-in target has settings of its own besides those of all, which are only named again. */
const builtinSchemas = builtinNames.map((name) => {
  const common = Object.entries(builtinCommon).map(([key, { description }]) => [key, { description }] as const)
  const extras = builtinOf(name).takes.map((key) => [key, builtinExtras[key] ?? {}] as const)
  const then = objectSchema(Object.fromEntries([...common, ...extras]))
  return { if: { properties: { builtin: { const: name } } }, then }
})

const builtinSchema: JsonSchema = { properties: builtinCommon, allOf: builtinSchemas }

const stopSchema = objectSchema(
  {
    signal: { enum: stopSignals, default: stopDefaults.signal, description: 'Signal to its process group' },
    grace: { ...quantitySchema('duration', 'How long it may take before SIGKILL'), default: stopDefaults.grace },
  },
  { description: 'How the target is asked to end' },
)

const commandSchema = objectSchema(
  {
    command: commandLine('Program and arguments, without a shell'),
    env: texts('Environment variables besides PORT and SOAKRIG_RUN'),
    cwd: { type: 'string', minLength: 1, default: '.', description: `Working directory; ${holes}` },
    files: texts('Files written to {dir} before the start'),
    package: { type: 'string', minLength: 1, description: 'The package to install when the program is missing' },
    ready: readySchema,
    stop: stopSchema,
    prepare: { type: 'array', items: commandLine('A command'), description: 'Commands that run to their end first' },
    port: { type: 'integer', minimum: 1, maximum: 65_535, description: 'A fixed port; a free one when absent' },
    heap: {
      enum: ['inspector', 'none'],
      default: 'none',
      description: 'How the heap of a program of Node is read after a forced collection: by its inspector, on loopback',
    },
    stats: statsSchema,
  },
  { required: ['command'] },
)

const urlSchema = objectSchema(
  {
    url: {
      type: 'string',
      pattern: '^(https?|tcp|udp)://',
      description: 'Address of a target that runs already: http, https, tcp or udp://HOST:PORT',
    },
    pid: { type: 'integer', minimum: 1, description: 'Its process; found from the listening socket when absent' },
    stats: statsSchema,
  },
  { required: ['url'] },
)

/** JSON Schema of a profile's `target`; whichever of builtin, command and url is there decides what may stand beside it. */
export const targetSchema: JsonSchema = {
  description: 'What is tested: a built-in server, a command, or the url of something that runs already',
  type: 'object',
  anyOf: [{ required: ['builtin'] }, { required: ['command'] }, { required: ['url'] }],
  allOf: [
    { if: { required: ['builtin'] }, then: builtinSchema },
    { if: { required: ['command'], not: { required: ['builtin'] } }, then: commandSchema },
    {
      if: { required: ['url'], not: { anyOf: [{ required: ['builtin'] }, { required: ['command'] }] } },
      then: urlSchema,
    },
  ],
}
