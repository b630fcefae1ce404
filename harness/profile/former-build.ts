import type { Problem } from '../kernel/errors.ts'
import { isRecord } from '../kernel/json.ts'
import type { JsonSchema } from '../kernel/json-schema.ts'
import { parseTarget, targetProblems, targetSchema, type TargetSettings } from '../target/settings.ts'
import type { Document } from './document.ts'
import { protocolFitProblems } from './protocol-fit.ts'

/** Schema of a profile's `base`. */
export const baseSchema: JsonSchema = {
  ...targetSchema,
  description: 'The former build of the target, measured beside it in the same rounds: a difference is exact',
}

/** What the schema cannot say of a former build: every round starts two processes of it. */
export function baseProblems(document: Document, sound: (pointer: string) => boolean): Problem[] {
  const { base, target, workload } = document
  if (base === undefined || !sound('/base')) return []
  const attached = (raw: unknown): boolean => isRecord(raw) && 'url' in raw
  const places = [
    { where: '/base', raw: base },
    { where: '/target', raw: target },
  ]
  return [
    ...targetProblems(base).map(({ pointer, message }) => ({ where: `/base${pointer}`, message })),
    ...protocolFitProblems({ target: base, workload }).map(({ message }) => ({ where: '/base', message })),
    ...places
      .filter(({ raw }) => attached(raw))
      .map(({ where }) => ({
        where,
        message:
          'found a url beside a former build, allowed: builtin or command, of which every round starts fresh processes',
      })),
  ]
}

/** Reads a former build that has no problems; null for none. */
export function parseBase({ base }: Document): TargetSettings | null {
  return base === undefined ? null : parseTarget(base)
}

/** Builds as the command line names them: commands for a shell, in which `{port}` stands for the port to listen on. */
export interface BuildFlags {
  /** The former build. */
  readonly base?: string | undefined
  /** The build that is tested, instead of the profile's target. */
  readonly head?: string | undefined
}

/** What is wrong with the builds of the command line. */
export function buildProblems({ base, head }: BuildFlags): Problem[] {
  return Object.entries({ base, head })
    .filter(([, command]) => command !== undefined && command.trim() === '')
    .map(([flag, command]) => ({ where: `--${flag}`, message: `found ${JSON.stringify(command)}, allowed: a command` }))
}

/** A document with the builds of the command line: each like the profile's target, as far as that is a command too. */
export function withBuilds(document: Document, { base, head }: BuildFlags): Document {
  const target = document['target']
  const like = isRecord(target) && 'command' in target ? target : {}
  const built = (command: string | undefined, key: string): Document =>
    command === undefined ? {} : { [key]: { ...like, command: ['sh', '-c', command] } }
  return { ...document, ...built(base, 'base'), ...built(head, 'target') }
}
