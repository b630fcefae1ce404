import { messageOf, type Problem } from '../kernel/errors.ts'
import { found, isRecord, step } from '../kernel/json.ts'
import { shareOf } from '../kernel/units.ts'
import { activeFaults, type Faults, faultsProblems, parseFaults } from './faults.ts'
import { everything, isEverything, type Match, type Specificity, specificityOf, type Traffic } from './match.ts'
import { matchProblems, parseMatch } from './match-settings.ts'
import { presetOf } from './presets.ts'
import type { Rule } from './rule.ts'
import { ruleFitProblems } from './rule-fit.ts'
import { parseSchedule } from './schedule.ts'

/** A rule as a profile holds it. */
export interface RawRule {
  readonly name?: string
  readonly fault?: Readonly<Record<string, unknown>>
  readonly match?: unknown
  readonly probability?: string | number
  readonly connections?: string | number
  readonly priority?: number
  readonly enabled?: boolean
  readonly schedule?: unknown
}

const ruleKeys = ['fault', 'match', 'probability', 'connections', 'priority', 'enabled', 'schedule'] as const

/** A rule that hits everything, always. */
export function plainRule(name: string, faults: Faults): Rule {
  return {
    name,
    match: everything,
    faults,
    probability: 1,
    connections: 1,
    priority: 100,
    enabled: true,
    schedule: null,
  }
}

/** Reads a rule that has no problems; a schedule of its preset holds where it has none of its own. */
export function parseRule(name: string, raw: RawRule): Rule {
  const { fault = {}, match, probability = 1, connections = 1, priority = 100, enabled = true } = raw
  const schedule = raw.schedule ?? presetSchedule(fault)
  return {
    name: raw.name ?? name,
    match: match === undefined ? everything : parseMatch(match),
    faults: parseFaults(fault),
    probability: shareOf(probability),
    connections: shareOf(connections),
    priority,
    enabled,
    schedule: schedule === undefined ? null : parseSchedule(schedule),
  }
}

/** Reads a list of rules that has no problems, in its order. */
export function parseRules(raw: unknown): Rule[] {
  return (raw as readonly RawRule[]).map((rule, index) => parseRule(nameAt(index), rule))
}

const nameAt = (index: number): string => `rule-${index + 1}`

function presetSchedule({ preset }: Readonly<Record<string, unknown>>): unknown {
  return typeof preset === 'string' ? presetOf(preset)?.schedule : undefined
}

/** What the schema cannot say of a rule; only places for which `sound` holds are looked at. */
export function ruleProblems(
  raw: RawRule,
  pointer: string,
  sound: (pointer: string) => boolean = (where) => where !== '',
): Problem[] {
  const { fault, match, schedule } = raw
  const usable = (key: keyof RawRule): boolean => raw[key] !== undefined && sound(pointer + step(key))
  const problems = [
    ...(usable('fault') ? faultsProblems(fault, `${pointer}/fault`) : []),
    ...(usable('match') ? matchProblems(match, `${pointer}/match`) : []),
    ...(usable('schedule') ? scheduleProblems(schedule, `${pointer}/schedule`) : []),
  ]
  const whole = problems.length === 0 && ruleKeys.every((key) => raw[key] === undefined || usable(key))
  return whole ? ruleFitProblems(parseRule('', raw), pointer) : problems
}

/** What the schema cannot say of a list of rules, that two have one name among it. */
export function rulesProblems(raw: unknown, pointer: string, sound?: (pointer: string) => boolean): Problem[] {
  if (!Array.isArray(raw)) return []
  const rules = (raw as readonly unknown[]).map((rule) => (isRecord(rule) ? (rule as RawRule) : {}))
  const names = rules.map(({ name }, index) => name ?? nameAt(index))
  return [
    ...rules.flatMap((rule, index) => ruleProblems(rule, `${pointer}/${index}`, sound)),
    ...names.flatMap((name, index) =>
      names.indexOf(name) === index
        ? []
        : [
            {
              where: `${pointer}/${index}`,
              message: `found the name ${found(name)} again, allowed: one that no other rule has`,
            },
          ],
    ),
  ]
}

function scheduleProblems(raw: unknown, where: string): Problem[] {
  try {
    parseSchedule(raw)
    return []
  } catch (error) {
    return [{ where, message: messageOf(error) }]
  }
}

/** Whether a rule can act at all; an explicit 0 or false says that it cannot. */
export function canAct({ enabled, probability, connections, faults }: Rule): boolean {
  return enabled && probability > 0 && connections > 0 && activeFaults(faults).length > 0
}

/** Whether a rule hits everything at full strength, always. */
export function isPlain({ enabled, probability, connections, match, schedule }: Rule): boolean {
  return enabled && probability === 1 && connections === 1 && schedule === null && isEverything(match)
}

/**
 * Whether traffic is of a rule's kind, whatever it asks for; `unknown` where that is up to a server name that is not
 * known yet.
 */
export function matches(match: Match, traffic: Traffic): boolean | 'unknown' {
  const specificity = specificityOf(match, traffic)
  return specificity === 'unknown' ? specificity : specificity !== null
}

/** Whether a request is of a rule's kind, by its request line; null for what is no HTTP/1, which only rules without requests take. */
export function matchesRequest({ requests }: Match, requestLine: string | null): boolean {
  return requests.length === 0 || (requestLine !== null && requests.some((part) => requestLine.includes(part)))
}

/**
 * The rule that acts on traffic: of those that are enabled and match for sure the one with the highest priority; of several
 * the more specific one (`specificityOf`); of several still the first. Undefined where none does: then there is no fault.
 * A rule that its schedule has off still wins, so that what acts does not change with the time. Requests are not looked at.
 */
export function strongest(rules: readonly Rule[], traffic: Traffic): Rule | undefined {
  let best: { readonly rule: Rule; readonly rank: Specificity } | undefined
  for (const rule of rules) {
    const specificity = rule.enabled ? specificityOf(rule.match, traffic) : null
    if (specificity === null || specificity === 'unknown') continue
    const rank = [rule.priority, ...specificity]
    if (best === undefined || compared(rank, best.rank) > 0) best = { rule, rank }
  }
  return best?.rule
}

/** Over 0 where the first is larger; what comes first counts first. */
function compared(one: Specificity, other: Specificity): number {
  const at = one.findIndex((value, index) => value !== other[index])
  return at === -1 ? 0 : (one[at] ?? 0) - (other[at] ?? 0)
}
