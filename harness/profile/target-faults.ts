import { activeFaults, type AnyFault, parseFaults } from '../faults/faults.ts'
import type { Problem } from '../kernel/errors.ts'
import { isRecord, step } from '../kernel/json.ts'
import type { Document } from './document.ts'

/** What needs a target that soakrig started itself: others are neither ended nor stopped, and cannot be told anything. */
const own = 'a target with a builtin or a command, which soakrig starts itself'

/** Faults that act on processes of ours beside the target, whoever started that. */
const beside = ['cpuHog']

/** What a profile wants of its target that one of a url cannot give; only places for which `sound` holds are looked at. */
export function targetFaultProblems(
  { target, policies, dependencies }: Document,
  sound: (pointer: string) => boolean,
): Problem[] {
  if (!sound('/target') || !isRecord(target) || target['url'] === undefined) return []
  const names = isRecord(dependencies) ? Object.keys(dependencies) : []
  return [
    ...Object.entries(isRecord(policies) ? policies : {}).flatMap(([name, policy]) =>
      policyFaultProblems(policy, `/policies${step(name)}`, sound),
    ),
    ...names.map((name) => ({
      where: `/dependencies${step(name)}`,
      message: `found the url of a target that runs already, which cannot be told where its dependencies are; allowed: ${own}`,
    })),
  ]
}

function policyFaultProblems(policy: unknown, pointer: string, sound: (pointer: string) => boolean): Problem[] {
  if (!isRecord(policy)) return []
  const rules = Array.isArray(policy['rules']) ? (policy['rules'] as unknown[]) : []
  const holders = [
    { holder: policy, where: pointer },
    ...rules.map((holder, index) => ({ holder, where: `${pointer}/rules/${index}` })),
  ]
  return [
    ...holders.flatMap(({ holder, where }) => faultProblems(holder, `${where}/fault`, sound)),
    ...(policy['under'] === undefined ? [] : policyFaultProblems(policy['under'], `${pointer}/under`, sound)),
  ]
}

function faultProblems(holder: unknown, where: string, sound: (pointer: string) => boolean): Problem[] {
  if (!isRecord(holder) || !sound(where)) return []
  return ownKeywords(holder['fault']).map((keyword) => ({
    where: where + step(keyword),
    message: `found ${keyword} with the url of a target that runs already; allowed: ${own}`,
  }))
}

function ownKeywords(fault: unknown): string[] {
  return activeMembers(fault)
    .filter(({ keyword, elsewhere }) => elsewhere === 'target' && !beside.includes(keyword))
    .map(({ keyword }) => keyword)
}

/** Faults of a policy, its rules and what it is under, that act where connections are made: they are fixed for a slice. */
export function dialledKeywords(policy: unknown): string[] {
  if (!isRecord(policy)) return []
  const { rules, under, fault } = policy
  return [
    ...activeMembers(fault).flatMap(({ keyword, elsewhere }) =>
      elsewhere === 'dialer' || elsewhere === 'dns' ? [keyword] : [],
    ),
    ...(Array.isArray(rules) ? (rules as unknown[]).flatMap(dialledKeywords) : []),
    ...dialledKeywords(under),
  ]
}

/** None where the fault is wrong in itself: that is told elsewhere. */
function activeMembers(fault: unknown): AnyFault[] {
  if (!isRecord(fault)) return []
  try {
    return activeFaults(parseFaults(fault)).map((active) => active.fault)
  } catch {
    return []
  }
}
