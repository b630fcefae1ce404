import type { Rule } from '../faults/rule.ts'
import type { ArmMeasurement } from '../measure/measurements.ts'
import type { RuleTallies } from '../measure/rule-tally.ts'
import { addTallies, type Tallies } from '../measure/tally.ts'

/** A phase of stress that was under steps, with the policies that these put in force. */
export interface SteppedPhase {
  readonly phase: string
  readonly policies: readonly SteppedPolicy[]
}

/** A policy that steps put in force. */
export interface SteppedPolicy {
  readonly name: string
  readonly rules: readonly Rule[]
  /** The dependency on whose way it acted; null for the way to the target. */
  readonly at: string | null
  /** The longest time that it was in force at a stretch. */
  readonly inForceNs: number
}

/** What each rule of a policy did, by its name. */
export function toldOf(policy: string, { rules }: Pick<ArmMeasurement, 'rules'>): RuleTallies {
  const own = `${policy}/`
  return Object.fromEntries(
    Object.entries(rules).flatMap(([key, tally]) => (key.startsWith(own) ? [[key.slice(own.length), tally]] : [])),
  )
}

/** The rules that steps put in force on the way to the target, and what these did, by fault. */
export function onTheWay(
  policies: readonly SteppedPolicy[],
  measurement: Pick<ArmMeasurement, 'rules'>,
): { readonly rules: readonly Rule[]; readonly tallies: Tallies } {
  const own = policies.filter(({ at }) => at === null)
  const told = own.flatMap(({ name }) => Object.values(toldOf(name, measurement)))
  return {
    rules: own.flatMap(({ rules }) => rules),
    tallies: told.map(({ tallies }) => tallies).reduce(addTallies, {}),
  }
}
