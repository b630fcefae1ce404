import { readFileSync } from 'node:fs'
import { deserialize } from 'node:v8'
import { Buffer } from 'node:buffer'
import { activeFaults } from '../../faults/faults.ts'
import type { Rule } from '../../faults/rule.ts'
import { ruleFitProblems } from '../../faults/rule-fit.ts'
import { canAct, parseRules } from '../../faults/rules.ts'
import { messageOf, type Problem, SoakrigError } from '../../kernel/errors.ts'
import { found, isRecord, step } from '../../kernel/json.ts'
import { didYouMean } from '../../kernel/suggest.ts'
import { ruleSetProblems } from '../../profile/validate.ts'

/** The variable in which a process is told its faults. */
export const faultsVariable = 'SOAKRIG_FAULTS'

/** What a process is told of the faults on its own calls. */
export interface PreloadSettings {
  readonly seed: number | string
  readonly rules: readonly Rule[]
  readonly allowedHosts: readonly string[]
  /** File for what they did, written when the process ends; `{pid}` in it is the process. Null: none. */
  readonly report: string | null
}

/** Rules as `soakrig run` hands them on, already read: not for people. */
export const readyKey = 'ready'

const keys = ['seed', 'rules', 'allowHosts', 'report', readyKey] as const

/**
 * Reads the variable: JSON, or `@FILE` with it: `{ "rules": [...], "seed": 1, "allowHosts": [...], "report": FILE }`, the rules
 * as a policy of a profile has them. Throws `bad-preload` (104) with all problems: where faults are asked for and cannot
 * act, nothing runs without them.
 */
export function readPreloadSettings(variable: string | undefined): PreloadSettings {
  if (variable === undefined || variable.trim() === '') throw refused('it is not set', [])
  const document = parsed(variable)
  const problems = documentProblems(document)
  if (problems.length > 0 || !isRecord(document)) throw refused('it cannot be used', problems)
  const ready = document[readyKey]
  const rules =
    typeof ready === 'string' ? (deserialize(Buffer.from(ready, 'base64')) as Rule[]) : parseRules(document['rules'])
  const unfit = rules.flatMap((rule, index) => ruleProblemsHere(rule, `/rules/${index}`))
  if (unfit.length > 0) throw refused('it cannot be used', unfit)
  const { seed = 1, allowHosts = [], report = null } = document
  return {
    seed: seed as number | string,
    rules,
    allowedHosts: allowHosts as string[],
    report: report as string | null,
  }
}

function parsed(variable: string): unknown {
  try {
    return JSON.parse(variable.startsWith('@') ? readFileSync(variable.slice(1), 'utf8') : variable)
  } catch (error) {
    throw refused(`it is no JSON (${messageOf(error)})`, [])
  }
}

function documentProblems(document: unknown): Problem[] {
  if (!isRecord(document)) return [{ where: '', message: `found ${found(document)}, allowed: an object with rules` }]
  const { seed, rules, allowHosts, report } = document
  const isText = (value: unknown): boolean => typeof value === 'string' && value !== ''
  const unknown = Object.keys(document).filter((key) => !(keys as readonly string[]).includes(key))
  const wrong = (key: string, value: unknown, allowed: string): Problem => ({
    where: `/${key}`,
    message: `found ${found(value)}, allowed: ${allowed}`,
  })
  return [
    ...unknown.map((key) => ({
      where: step(key),
      message: `unknown key, allowed: ${keys.slice(0, -1).join(', ')}${didYouMean(key, keys.slice(0, -1))}`,
    })),
    ...(seed === undefined || isText(seed) || Number.isSafeInteger(seed)
      ? []
      : [wrong('seed', seed, 'a whole number or a text')]),
    ...(report === undefined || isText(report) ? [] : [wrong('report', report, 'a file')]),
    ...(allowHosts === undefined || (Array.isArray(allowHosts) && allowHosts.every(isText))
      ? []
      : [wrong('allowHosts', allowHosts, 'a list of names and addresses')]),
    ...(readyKey in document
      ? []
      : below('/rules', rules === undefined ? [wrong('', rules, 'a list of rules')] : ruleSetProblems(rules))),
  ]
}

function below(pointer: string, problems: readonly Problem[]): Problem[] {
  return problems.map(({ where, message }) => ({ where: pointer + (where === '/' ? '' : where), message }))
}

/** What would never act on a program's own calls: nothing is left out in silence. */
function ruleProblemsHere(rule: Rule, where: string): Problem[] {
  if (!canAct(rule))
    return rule.enabled ? [{ where, message: `${rule.name} changes nothing, allowed: a fault that acts` }] : []
  const onTarget = activeFaults(rule.faults).filter(({ fault }) => fault.elsewhere === 'target')
  return [
    ...onTarget.map(({ fault: { keyword } }) => ({
      where: `${where}/fault/${keyword}`,
      message: `found ${keyword}, which acts on a target, allowed: what acts on the calls of this process`,
    })),
    ...ruleFitProblems(rule, where),
  ]
}

function refused(why: string, problems: readonly Problem[]): SoakrigError {
  return new SoakrigError(`${faultsVariable}: ${why}`, {
    code: 'bad-preload',
    exit: 'usage',
    hint: 'Give it as {"rules":[{"fault":{"latency":{"delay":"50ms"}}}]}, or as @FILE with that in it.',
    problems,
  })
}
