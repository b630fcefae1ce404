import { significant } from '../kernel/units.ts'
import type { Direction } from './fault.ts'
import { activeFaults, type AnyFault, type Faults } from './faults.ts'
import type { FaultParameter } from './parameter.ts'
import type { Rule } from './rule.ts'
import { canAct } from './rules.ts'

/** The number by which the rules of a policy are made weaker or stronger, all directions and rules alike. */
export interface Strength {
  readonly fault: AnyFault
  readonly parameter: FaultParameter<unknown>
  /** As `--parameter` names it: `latency.delay`. */
  readonly name: string
  /** What the rules have; of several values the hardest to bear. */
  readonly from: number
  /** The least and the most that it can be set to and make sense; as it is, where that is beyond. */
  readonly least: number
  readonly most: number
}

/** A setting of a rule that a strength changes. */
export interface StrengthPlace {
  readonly rule: number
  readonly side: Direction | 'whole'
  readonly value: number
  readonly settings: unknown
}

/** All numbers by which rules can be made weaker or stronger, in the order in which their faults act. */
export function strengthsOf(rules: readonly Rule[]): readonly Strength[] {
  const active = [
    ...new Set(rules.filter(canAct).flatMap(({ faults }) => activeFaults(faults).map((one) => one.fault))),
  ]
  return active.flatMap((fault) =>
    (fault.parameters ?? []).flatMap((parameter): Strength[] => {
      const name = parameter.key === '' ? fault.keyword : `${fault.keyword}.${parameter.key}`
      const [hardest] = placesOf(rules, { fault, parameter }).toSorted(
        (a, b) => (parameter.harder === 'more' ? 1 : -1) * (b.value - a.value),
      )
      if (hardest === undefined) return []
      const from = hardest.value
      // Some settings allow less than others.
      const reached = (value: number): number => parameter.read(parameter.write(hardest.settings, value)) ?? value
      const least = Math.min(from, reached(parameter.least))
      return [{ fault, parameter, name, from, least, most: Math.max(from, reached(parameter.most)) }]
    }),
  )
}

/** Where rules have the number that a strength is. */
export function placesOf(
  rules: readonly Rule[],
  { fault, parameter }: Pick<Strength, 'fault' | 'parameter'>,
): readonly StrengthPlace[] {
  return rules.flatMap((one, rule) =>
    sides.flatMap((side): StrengthPlace[] => {
      const settings = canAct(one) ? one.faults[side][fault.keyword] : undefined
      const value = settings === undefined ? null : parameter.read(settings)
      return value === null ? [] : [{ rule, side, value, settings }]
    }),
  )
}

/** The rules with `value` for the strength: each setting of it is changed by the same factor, within what makes sense. */
export function withStrength(rules: readonly Rule[], strength: Strength, value: number): readonly Rule[] {
  const { fault, parameter, from } = strength
  const scaled = (settings: unknown): unknown => {
    const own = parameter.read(settings)
    return own === null ? settings : parameter.write(settings, within(parameter, own, (own * value) / from))
  }
  const side = (settings: Faults[keyof Faults]): Faults[keyof Faults] =>
    settings[fault.keyword] === undefined ? settings : { ...settings, [fault.keyword]: scaled(settings[fault.keyword]) }
  return rules.map((rule) => {
    const { uplink, downlink, whole } = rule.faults
    return { ...rule, faults: { uplink: side(uplink), downlink: side(downlink), whole: side(whole) } }
  })
}

const sides = ['uplink', 'downlink', 'whole'] as const

/** What makes sense, or has been there before. */
function within({ unit, least, most }: FaultParameter<unknown>, own: number, value: number): number {
  const bounded = Math.min(Math.max(most, own), Math.max(Math.min(least, own), value))
  return unit === 'bytes' ? Math.round(bounded) : significant(bounded)
}
