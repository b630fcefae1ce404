import { activeFaults } from '../faults/faults.ts'
import type { Rule } from '../faults/rule.ts'
import { conditionProperties, faultSchema, rulesSchema } from '../faults/rule-schema.ts'
import { canAct, parseRule, parseRules, type RawRule, ruleProblems, rulesProblems } from '../faults/rules.ts'
import type { Problem } from '../kernel/errors.ts'
import { found, isRecord, step } from '../kernel/json.ts'
import type { JsonSchema } from '../kernel/json-schema.ts'
import { didYouMean, quoted } from '../kernel/suggest.ts'
import { requestLines, requestProblems } from './request-names.ts'

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
    ...(at === undefined ? [] : dependencyNameProblems(at, `${where}/at`, surroundings)),
    ...(at === undefined ? ownRequestProblems(raw, where, sound, surroundings) : []),
  ]
  const given = ['fault', 'rules', 'at', ...conditions].filter((key) => raw[key as keyof RawFaulty] !== undefined)
  if (problems.length > 0 || !given.every((key) => sound(where + step(key)))) return problems
  const parsed = parseFaulty(raw, 'rule', surroundings.workload)
  return [
    ...idleProblems(raw, parsed, where),
    ...(at === undefined ? [] : placeProblems(parsed, where)),
    ...transportProblems(raw, parsed, where, surroundings),
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
  const holders =
    raw.rules === undefined
      ? [{ match: raw.match, pointer: `${where}/match` }]
      : raw.rules.map(({ match }, index) => ({ match, pointer: `${where}/rules/${index}/match` }))
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

/** A rule for the other transport than that of its path would never act. */
function transportProblems(
  { rules, at }: RawFaulty,
  parsed: readonly Rule[],
  where: string,
  { workload }: PolicySurroundings,
): Problem[] {
  const transport = at === undefined && isRecord(workload) && workload['protocol'] === 'udp' ? 'udp' : 'tcp'
  return parsed.flatMap(({ match: { protocol } }, index) => {
    if (protocol === 'any' || protocol === transport) return []
    const message = `found ${protocol}, allowed: any or ${transport}, as nothing else goes this way`
    return [{ where: rules === undefined ? `${where}/match` : `${where}/rules/${index}/match`, message }]
  })
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
