import type { Problem } from '../kernel/errors.ts'
import { found, isRecord, step } from '../kernel/json.ts'
import { type JsonSchema, objectSchema } from '../kernel/json-schema.ts'
import type { Document } from './document.ts'

/** A service that the target asks: it is told to ask a relay in front of it instead. */
export interface Dependency {
  readonly name: string
  readonly upstream: { readonly host: string; readonly port: number }
  /** The variable of the target's environment that gets the relay's port. */
  readonly env: string
}

/** A dependency as a profile holds it. */
interface RawDependency {
  readonly upstream: string
  readonly env: string
}

export type RawDependencies = Readonly<Record<string, RawDependency>>

const namePattern = /^[a-z0-9][a-z0-9-]*$/u

/** Schema of a profile's `dependencies`. */
export const dependenciesSchema: JsonSchema = {
  type: 'object',
  additionalProperties: objectSchema(
    {
      upstream: {
        type: 'string',
        pattern: '^(\\[[0-9A-Fa-f:.]+\\]|[^:\\[\\]/\\s]+):[0-9]{1,5}$',
        description: 'Where it is: HOST:PORT, or [IPV6]:PORT',
      },
      env: {
        type: 'string',
        pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
        description: "Variable of the target's environment that gets the port to ask it on, at 127.0.0.1",
      },
    },
    { required: ['upstream', 'env'], description: 'A service that the target asks' },
  ),
  description: 'Services that the target asks, by name; each is asked through a relay, where a policy may act "at" it',
}

/** What the schema cannot say of dependencies; only places for which `sound` holds are looked at. */
export function dependencyProblems(
  { dependencies: raw, target }: Document,
  sound: (pointer: string) => boolean,
): Problem[] {
  if (!isRecord(raw)) return []
  const taken = takenBy(target)
  const places = Object.keys(raw).map((name) => ({ name, where: `/dependencies${step(name)}` }))
  const usable = places.filter(({ where }) => sound(where))
  const { length } = usable
  const variables = usable.map(({ name }) => (raw as RawDependencies)[name]?.env)
  return [
    ...places
      .filter(({ name }) => !namePattern.test(name))
      .map(({ name, where }) => ({
        where,
        message: `found the name ${found(name)}, allowed: small letters, digits and -, not - first`,
      })),
    ...usable.flatMap(({ name, where }, index) => {
      const { upstream = '', env = '' } = (raw as RawDependencies)[name] ?? {}
      const { port } = endpointOf(upstream)
      const again = variables.indexOf(variables[index]) < index && length > 1
      return [
        ...(port < 1 || port > 65_535
          ? [{ where: `${where}/upstream`, message: `found port ${port}, allowed: from 1 to 65535` }]
          : []),
        ...(again ? [{ where: `${where}/env`, message: `found ${found(env)} again, allowed: one for each` }] : []),
        ...(taken.includes(env)
          ? [
              {
                where: `${where}/env`,
                message: `found ${found(env)}, which the target gets already; allowed: another one`,
              },
            ]
          : []),
      ]
    }),
  ]
}

/** Variables that a target is started with in any case; another value for one would go unheard, or mislead it. */
function takenBy(target: unknown): string[] {
  const env = isRecord(target) && isRecord(target['env']) ? Object.keys(target['env']) : []
  return ['PORT', 'SOAKRIG_RUN', ...env]
}

/** Reads where a dependency is. */
export function endpointOf(text: string): Dependency['upstream'] {
  const at = text.lastIndexOf(':')
  return { host: text.slice(0, at).replace(/^\[(.*)\]$/u, '$1'), port: Number(text.slice(at + 1)) }
}

/** Reads dependencies that have no problems, in their order. */
export function parseDependencies(raw: RawDependencies = {}): Dependency[] {
  return Object.entries(raw).map(([name, { upstream, env }]) => ({ name, upstream: endpointOf(upstream), env }))
}
