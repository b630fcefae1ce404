import { type JsonSchema, objectSchema, quantitySchema } from '../kernel/json-schema.ts'
import { durationNs } from '../kernel/units.ts'

/** What shows that a command is ready to serve. */
export type ReadySettings = { readonly timeoutNs: number } & (
  | { readonly kind: 'port' }
  | { readonly kind: 'http'; readonly path: string }
  | { readonly kind: 'log'; readonly pattern: string }
)

/** The same as a profile holds it. */
export interface RawReady {
  readonly http?: string
  readonly port?: true
  readonly log?: string
  readonly timeout?: string
}

/** Flags under which `ready.log` is compiled: anchors mean lines. */
export const logFlags = 'm'

const defaultTimeout = '10s'

/** JSON Schema of `ready`; at most one of http, port and log. */
export const readySchema: JsonSchema = {
  ...objectSchema(
    {
      http: { type: 'string', pattern: '^/', description: 'Path that must answer with a status from 200 to 399' },
      port: { const: true, description: 'The port must accept connections (what is done when nothing is given)' },
      log: { type: 'string', minLength: 1, description: 'Regular expression that its output must match' },
      timeout: { ...quantitySchema('duration', 'How long to wait for it'), default: defaultTimeout },
    },
    { description: 'What shows that the target is ready: one of http, port and log' },
  ),
  dependencies: {
    http: { properties: { port: false, log: false } },
    log: { properties: { port: false } },
  },
}

/** Reads `ready` that has passed the schema. */
export function parseReady({ http, log, timeout = defaultTimeout }: RawReady = {}): ReadySettings {
  const timeoutNs = durationNs(timeout)
  if (http !== undefined) return { kind: 'http', path: http, timeoutNs }
  if (log !== undefined) return { kind: 'log', pattern: log, timeoutNs }
  return { kind: 'port', timeoutNs }
}
