import { activeFaults } from '../faults/faults.ts'
import type { Rule } from '../faults/rule.ts'
import { conditionProperties, faultSchema, rulesSchema } from '../faults/rule-schema.ts'
import { canAct, parseRule, parseRules, type RawRule, ruleProblems, rulesProblems } from '../faults/rules.ts'
import type { Problem } from '../kernel/errors.ts'
import { found, isRecord, step } from '../kernel/json.ts'
import type { JsonSchema } from '../kernel/json-schema.ts'
import { didYouMean, quoted } from '../kernel/suggest.ts'
import { endpointOf, type RawDependencies } from './dependencies.ts'
import { requestLines, requestProblems } from './request-names.ts'
import { reachProblems, type Way, wayToDependency, wayToTarget } from './rule-reach.ts'

/** The faults of a policy as a profile holds them: one rule, or several. */
export interface RawFaulty extends Omit<RawRule, 'name'> {
  readonly rules?: readonly RawRule[]
  /** The dependency on whose path they act; absent: that to the target. */
  readonly at?: string
}

/** What a policy's faults may be made of, in a policy and under one. */
export const faultyProperties: Readonly<Record<string, JsonSchema>> = {
  fault: faultSchema,
  rules: rulesSchema,
  at: { type: 'string', minLength: 1, description: 'Dependency on whose path it acts; absent: that to the target' },
  ...conditionProperties,
}

const conditions = Object.keys(conditionProperties)

/** What the rest of the profile says, where the faults of a policy are looked at. */
export interface PolicySurroundings {
  readonly target?: unknown
  readonly workload: unknown
  readonly dependencies?: unknown
}

/** What the schema cannot say of a policy's faults at a pointer; only places for which `sound` holds are looked at. */
export function faultyProblems(
  raw: RawFaulty,
  where: string,
  sound: (pointer: string) => boolean,
  surroundings: PolicySurroundings,
): Problem[] {
  const { fault, rules, at } = raw
  const shape = faultyShapeProblems(raw, where)
  if (fault === undefined && rules === undefined) return shape
  const problems = [
    ...shape,
    ...(rules === undefined ? ruleProblems(raw, where, sound) : rulesProblems(rules, `${where}/rules`, sound)),
    ...(at === undefined || !sound(`${where}/at`) ? [] : dependencyNameProblems(at, `${where}/at`, surroundings)),
    ...(at === undefined ? ownRequestProblems(raw, where, sound, surroundings) : []),
  ]
  const given = ['fault', 'rules', 'at', ...conditions].filter((key) => raw[key as keyof RawFaulty] !== undefined)
  if (problems.length > 0 || !given.every((key) => sound(where + step(key)))) return problems
  // The requests that they name have been looked at.
  const parsed = parseFaulty(raw, 'rule', null)
  const placed = parsed.map((rule, index) => ({ rule, where: rules === undefined ? where : `${where}/rules/${index}` }))
  return [
    ...idleProblems(raw, parsed, where),
    ...(at === undefined ? [] : placeProblems(parsed, where)),
    ...reachProblems(placed, wayOf(raw, surroundings, sound)),
  ]
}

function faultyShapeProblems(raw: RawFaulty, where: string): Problem[] {
  const { fault, rules, at } = raw
  const beside = conditions.filter((key) => raw[key as keyof RawFaulty] !== undefined)
  if (rules !== undefined) {
    return beside.map((key) => ({
      where: where + step(key),
      message: `found ${key} beside rules, allowed: in each of the rules`,
    }))
  }
  if (fault !== undefined) return []
  return [...beside, ...(at === undefined ? [] : ['at'])].map((key) => ({
    where: where + step(key),
    message: `found ${key} without a fault, allowed: beside fault`,
  }))
}

function dependencyNameProblems(at: string, where: string, { dependencies }: PolicySurroundings): Problem[] {
  const names = isRecord(dependencies) ? Object.keys(dependencies) : []
  if (names.includes(at)) return []
  const allowed = names.length === 0 ? 'none, since the profile has no dependencies' : quoted(names)
  return [{ where, message: `found ${found(at)}, allowed: ${allowed}${didYouMean(at, names)}` }]
}

function ownRequestProblems(
  raw: RawFaulty,
  where: string,
  sound: (pointer: string) => boolean,
  { workload }: PolicySurroundings,
): Problem[] {
  const { rules } = raw
  const holders =
    rules === undefined
      ? [{ match: raw.match, pointer: `${where}/match` }]
      : (Array.isArray(rules) ? (rules as unknown[]) : []).map((rule, index) => ({
          match: isRecord(rule) ? rule['match'] : undefined,
          pointer: `${where}/rules/${index}/match`,
        }))
  return holders.flatMap(({ match, pointer }) =>
    isRecord(match) && match['request'] !== undefined && sound(pointer) && sound('/workload')
      ? requestProblems([match['request']].flat() as string[], `${pointer}/request`, workload)
      : [],
  )
}

/** A policy that changes nothing would be measured, and pass, for nothing. */
function idleProblems({ rules }: RawFaulty, parsed: readonly Rule[], where: string): Problem[] {
  if (parsed.some(canAct)) return []
  if (rules !== undefined)
    return [{ where: `${where}/rules`, message: 'changes nothing: none of its rules has a fault that can act' }]
  const disabled = parsed.every(({ faults }) => activeFaults(faults).length === 0)
  return disabled
    ? [{ where: `${where}/fault`, message: 'changes nothing: all its faults are disabled' }]
    : [{ where, message: 'changes nothing: its rule is disabled' }]
}

/** On the path to a dependency there is a relay, and nothing of ours before or behind it. */
function placeProblems(rules: readonly Rule[], where: string): Problem[] {
  const foreign = rules
    .flatMap(({ faults }) => activeFaults(faults))
    .filter(({ fault }) => fault.elsewhere !== undefined)
    .map(({ fault }) => fault.keyword)
  if (foreign.length === 0) return []
  const message = `found ${quoted([...new Set(foreign)])}, allowed: faults of a path, as a dependency is asked by the target`
  return [{ where: `${where}/at`, message }]
}

function wayOf(
  { at }: RawFaulty,
  { target, workload, dependencies }: PolicySurroundings,
  sound: (pointer: string) => boolean,
): Way | null {
  if (at === undefined) return sound('/target') && sound('/workload') ? wayToTarget(target, workload) : null
  const pointer = `/dependencies${step(at)}`
  return sound(pointer) ? wayToDependency(endpointOf((dependencies as RawDependencies)[at]?.upstream ?? '')) : null
}

/** Reads a policy's faults that have no problems. The only rule has the policy's name. */
export function parseFaulty(raw: RawFaulty, name: string, workload: unknown): Rule[] {
  const { rules, at } = raw
  const parsed = rules === undefined ? [parseRule(name, raw)] : parseRules(rules)
  if (at !== undefined || !isRecord(workload)) return parsed
  return parsed.map((rule) => ({
    ...rule,
    match: { ...rule.match, requests: requestLines(rule.match.requests, workload) },
  }))
}
