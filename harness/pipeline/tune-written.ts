import { placesOf, type Strength, withStrength } from '../faults/strength.ts'
import { step, valueAt } from '../kernel/json.ts'
import { strengthText } from '../measure/strength-unit.ts'
import type { Policy, Profile } from '../profile/profile.ts'

/**
 * What to write into a profile so that a policy has a strength, by JSON pointer; what comes from a preset is to be written
 * beside that.
 */
export function writtenStrength(
  { effective }: Pick<Profile, 'effective'>,
  { name, rules }: Policy,
  strength: Strength,
  value: number,
): Readonly<Record<string, string>> {
  const { fault, parameter } = strength
  const raw = `/policies${step(name)}`
  const holder = valueAt(effective, `${raw}/under`) === undefined ? raw : `${raw}/under`
  const hasRules = valueAt(effective, `${holder}/rules`) !== undefined
  const places = placesOf(withStrength(rules, strength, value), strength)
  return Object.fromEntries(
    places.map(({ rule, side, value: own }) => {
      const faults = `${holder}${hasRules ? `/rules/${rule}` : ''}/fault`
      const plain = faults + step(fault.keyword)
      const ofSide = side === 'whole' ? plain : `${faults}/${side}${step(fault.keyword)}`
      // Without a direction a fault acts downlink.
      const where = side === 'downlink' && valueAt(effective, ofSide) === undefined ? plain : ofSide
      const isText = typeof valueAt(effective, where) === 'string'
      const key = isText || parameter.key === '' ? '' : `/${parameter.key.replaceAll('.', '/')}`
      return [where + key, strengthText(parameter.unit, own)]
    }),
  )
}
