import { activeFaults, type AnyFault, faultTable } from '../faults/faults.ts'
import { presetNames } from '../faults/presets.ts'
import type { RelayArm } from '../faults/relay/protocol.ts'
import type { Rule } from '../faults/rule.ts'
import { ruleFitProblems } from '../faults/rule-fit.ts'
import { canAct, parseRule, parseRules } from '../faults/rules.ts'
import { type Problem, SoakrigError } from '../kernel/errors.ts'
import { isRecord } from '../kernel/json.ts'
import { didYouMean, quoted } from '../kernel/suggest.ts'
import { faultProblems, ruleSetProblems } from '../profile/validate.ts'
import { badFlag } from './bad-flag.ts'

/** What a relay by itself is told to do, as flags hold it; undefined for what is not said. */
export interface RelayRuleFlags {
  /** A `fault` as a profile holds it. */
  readonly fault: unknown
  /** Conditions by name; a `fault` beside it replaces its parts. */
  readonly preset: string | undefined
  /** `rules` as a policy of a profile holds them. */
  readonly rules: unknown
}

type Transport = RelayArm['transport']

const carried: Readonly<Record<Transport, { readonly what: string; readonly by: (fault: AnyFault) => boolean }>> = {
  tcp: { what: 'streams', by: (fault) => ['stream', 'connection', 'listener'].some((part) => part in fault) },
  udp: { what: 'datagrams', by: (fault) => 'datagram' in fault },
  dns: { what: 'names', by: ({ elsewhere }) => elsewhere === 'dns' },
}

/**
 * The rules that flags describe; none where they say nothing. Throws `bad-fault` (104) with all problems, and `bad-flag`
 * (104) where two flags say it differently.
 */
export function relayRules({ fault, preset, rules }: RelayRuleFlags, transport: Transport): readonly Rule[] {
  if (rules !== undefined && (fault !== undefined || preset !== undefined))
    throw badFlag('--rules', 'rules beside --fault or --preset', 'one or the other')
  if (preset !== undefined && !presetNames.includes(preset))
    throw badFlag('--preset', preset, `${quoted(presetNames)}${didYouMean(preset, presetNames)}`)
  const parsed = rules === undefined ? oneRule(fault, preset) : severalRules(rules)
  refuse(parsed.flatMap((rule, index) => placeProblems(rule, rules === undefined ? '' : `/${index}`, transport)))
  return parsed
}

function oneRule(fault: unknown, preset: string | undefined): readonly Rule[] {
  if (fault === undefined && preset === undefined) return []
  const whole = preset !== undefined && (fault === undefined || isRecord(fault)) ? { preset, ...fault } : fault
  refuse(faultProblems(whole))
  return [parseRule('fault', { fault: whole as Readonly<Record<string, unknown>> })]
}

function severalRules(rules: unknown): readonly Rule[] {
  refuse(ruleSetProblems(rules))
  return parseRules(rules)
}

/** What would never act on what passes here: nothing is left out in silence. */
function placeProblems(rule: Rule, where: string, transport: Transport): Problem[] {
  const { what, by } = carried[transport]
  if (rule.enabled && !canAct(rule)) return [{ where, message: `${rule.name} changes nothing: it is disabled` }]
  const allowed = Object.values(faultTable).filter(by)
  const misplaced = activeFaults(rule.faults).filter(({ fault }) => !by(fault))
  return [
    ...misplaced.map(({ fault: { keyword } }) => ({
      where: `${where === '' ? '' : `${where}/fault`}/${keyword}`,
      message: `found ${keyword}, but this relay carries ${what}; allowed: ${quoted(allowed.map((one) => one.keyword))}`,
    })),
    ...ruleFitProblems(rule, where),
  ]
}

function refuse(problems: readonly Problem[]): void {
  if (problems.length > 0)
    throw new SoakrigError('the fault is not valid', { code: 'bad-fault', exit: 'usage', problems })
}
