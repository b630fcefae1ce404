import { writeFile } from 'node:fs/promises'
import type { Rule } from '../faults/rule.ts'
import { messageOf, SoakrigError } from '../kernel/errors.ts'
import type { Tallies } from '../measure/tally.ts'

/** What one rule did while a command ran. */
export interface RunRuleReport {
  readonly rule: string
  /** Connections, and exchanges (datagrams) on which it was the one to act; null for a fault on the target itself. */
  readonly connections: number | null
  readonly matched: number | null
  /** How often its faults acted, all together. */
  readonly fired: number
  /** Bytes that they acted on. */
  readonly bytes: number
  /** By fault. */
  readonly tallies: Tallies
}

/** What a relay in front of a service carried while a command ran. */
export interface RunPathReport {
  readonly path: string
  readonly connections: number
  readonly bytesUp: number
  readonly bytesDown: number
}

/** What a command ran under, and what came of it. */
export interface RunReport {
  readonly policy: string
  readonly command: readonly string[]
  /** The command's own. */
  readonly exitCode: number
  readonly rules: readonly RunRuleReport[]
  readonly paths: readonly RunPathReport[]
  /** Why nothing may be said of the command: its faults did not act. Null where they did. */
  readonly notFired: string | null
}

/** Counters of one rule, from wherever it acted. */
export type RuleCounts = Omit<RunRuleReport, 'rule' | 'fired' | 'bytes'>

/** Of a rule that nothing has met. */
export const noCounts: RuleCounts = { connections: 0, matched: 0, tallies: {} }

/** Counters with their sums. */
export function ruleReport(rule: string, counts: RuleCounts): RunRuleReport {
  const tallies = Object.values(counts.tallies)
  return {
    rule,
    ...counts,
    fired: tallies.reduce((sum, { fired }) => sum + fired, 0),
    bytes: tallies.reduce((sum, { bytes }) => sum + bytes, 0),
  }
}

/** Why nothing may be said of what ran under these rules; null where some fault acted. */
export function whyNotFired(rules: readonly RunRuleReport[], declared: readonly Rule[]): string | null {
  if (rules.some(({ fired }) => fired > 0)) return null
  if (declared.every(({ enabled }) => !enabled)) return 'all its rules are disabled'
  if (rules.some((rule) => rule.matched === null))
    return 'its faults on the target did not act before the command ended'
  const matched = rules.reduce((sum, rule) => sum + (rule.matched ?? 0), 0)
  return matched === 0
    ? 'no traffic of the command passed that it is for'
    : `it was for ${matched} exchanges, but acted on none of them`
}

/** A line for each rule, for people. */
export function ruleLines({ policy, rules }: RunReport): string[] {
  return rules.map(({ rule, matched, fired, bytes, tallies }) => {
    const each = Object.entries(tallies).map(([keyword, tally]) => `${keyword} ${tally.fired} of ${tally.eligible}`)
    const of = each.length > 0 ? ` (${each.join(', ')})` : ''
    return `${policy}/${rule}: ${matched === null ? '' : `matched ${matched}, `}fired ${fired}${of}, ${bytes} bytes`
  })
}

/** Throws `nothing-fired` (114) where a command passed under faults that did not act: that it passed says nothing. */
export function checkRun({ policy, exitCode, notFired }: RunReport): void {
  if (exitCode !== 0 || notFired === null) return
  throw new SoakrigError(`the command passed, but the policy ${policy} did nothing: ${notFired}`, {
    code: 'nothing-fired',
    exit: 'void',
    hint: 'Let it ask where SOAKRIG_URL, {host} and {port}, or the variable of an --upstream say.',
  })
}

/** Writes what a command came to, as JSON; rejects with `cannot-write` (106). */
export async function writeRunReport(file: string, report: RunReport): Promise<void> {
  try {
    await writeFile(file, `${JSON.stringify({ schema: 'soakrig/run@0', ...report }, null, 2)}\n`)
  } catch (error) {
    throw new SoakrigError(`${file} could not be written: ${messageOf(error)}`, {
      code: 'cannot-write',
      exit: 'environment',
      cause: error,
    })
  }
}
