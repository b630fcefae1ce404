import type { Problem } from '../kernel/errors.ts'
import { found, isRecord, step } from '../kernel/json.ts'
import type { JsonSchema } from '../kernel/json-schema.ts'
import { didYouMean, quoted } from '../kernel/suggest.ts'
import { parseTarget, targetProblems, targetSchema, type TargetSettings } from '../target/settings.ts'
import { clientPlaces } from './client-places.ts'
import type { Document } from './document.ts'
import { protocolFitProblems } from './protocol-fit.ts'

/** Another target than the one that is tested: started beside it, and asked where a client's policies say so. */
export interface OtherTarget {
  readonly name: string
  readonly settings: TargetSettings
}

/** A target as a document has it, and where. */
interface TargetPlace {
  /** Null for the only one. */
  readonly name: string | null
  readonly where: string
  readonly raw: unknown
}

/** Not a digit first: such keys would not keep their place. */
const namePattern = /^[a-z][a-z0-9-]*$/u

/** Schema of a profile's `targets`. */
export const targetsSchema: JsonSchema = {
  type: 'object',
  minProperties: 1,
  additionalProperties: targetSchema,
  description: 'Several targets by name, instead of "target": the first is the one that is tested, others may be asked',
}

/** All targets of a document, the one that is tested first; none where there is no sense in them. */
export function targetPlaces({ target, targets }: Document): readonly TargetPlace[] {
  if (target !== undefined) return [{ name: null, where: '/target', raw: target }]
  if (!isRecord(targets)) return []
  return Object.entries(targets).map(([name, raw]) => ({ name, where: `/targets${step(name)}`, raw }))
}

/** What the schema cannot say of targets; only places for which `sound` holds are looked at. */
export function targetsProblems(document: Document, sound: (pointer: string) => boolean): Problem[] {
  const { target, targets, workload } = document
  const both = target !== undefined && targets !== undefined
  const places = targetPlaces(document).filter(({ where }) => sound(where))
  return [
    ...(both ? [{ where: '/targets', message: 'found it beside "target", allowed: one of the two' }] : []),
    ...Object.keys(isRecord(targets) ? targets : {})
      .filter((name) => !namePattern.test(name))
      .map((name) => ({
        where: `/targets${step(name)}`,
        message: `found the name ${found(name)}, allowed: small letters, digits and -, a letter first`,
      })),
    ...places.flatMap(({ where, raw }) =>
      targetProblems(raw).map(({ pointer, message }) => ({ where: `${where}${pointer}`, message })),
    ),
    ...(sound('/workload/protocol') ? places.flatMap(({ raw }) => protocolFitProblems({ target: raw, workload })) : []),
    ...socketProblems(document, sound),
    ...alternativeProblems(document, sound),
  ]
}

/** One socket for all targets: what is for another would reach the one that is there. */
function socketProblems({ targets, workload }: Document, sound: (pointer: string) => boolean): Problem[] {
  const where = '/workload/socketPath'
  const several = isRecord(targets) && Object.keys(targets).length > 1
  if (!several || !isRecord(workload) || !sound(where)) return []
  const message = `found ${found(workload['socketPath'])}, allowed: none beside several "targets", which are told apart by their addresses`
  return [{ where, message }]
}

/** Names among the alternatives of a fallback that none of the other targets has. */
function alternativeProblems(document: Document, sound: (pointer: string) => boolean): Problem[] {
  const others = targetPlaces(document).flatMap(({ name }, index) => (index > 0 && name !== null ? [name] : []))
  const allowed = others.length === 0 ? 'none, since the profile has no "targets" besides the first' : quoted(others)
  return clientPlaces(document)
    .filter(({ where }) => sound(where))
    .flatMap(({ client, where }) => namedAlternatives(client, where))
    .filter((one) => !others.includes(one.target))
    .map((one) => ({
      where: one.where,
      message: `found ${found(one.target)}, allowed: ${allowed}${didYouMean(one.target, others)}`,
    }))
}

/** The targets that a `client` which the schema let pass names, each with its place. */
function namedAlternatives(client: unknown, where: string): { readonly target: string; readonly where: string }[] {
  const holders = Array.isArray(client)
    ? (client as unknown[]).map((one, index) => ({ one, at: `${where}${step(index)}` }))
    : [{ one: client, at: where }]
  return holders.flatMap(({ one, at }) => {
    const fallback = isRecord(one) ? one['fallback'] : undefined
    const alternatives = isRecord(fallback) ? fallback['alternatives'] : undefined
    return (Array.isArray(alternatives) ? (alternatives as unknown[]) : []).map((alternative, index) => ({
      target: String(isRecord(alternative) ? alternative['target'] : alternative),
      where: `${at}/fallback/alternatives${step(index)}`,
    }))
  })
}

/** Reads targets that have no problems: the one that is tested, and the others in their order. */
export function parseTargets(document: Document): {
  readonly target: TargetSettings
  readonly others: readonly OtherTarget[]
} {
  const [first, ...rest] = targetPlaces(document)
  return {
    target: parseTarget(first?.raw),
    others: rest.map(({ name, raw }) => ({ name: name ?? '', settings: parseTarget(raw) })),
  }
}
