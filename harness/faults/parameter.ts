import { nsPerMs } from '../kernel/units.ts'
import type { StrengthUnit } from '../measure/strength-unit.ts'

/** How far a fault can be made weaker or stronger by a number; from one step to the next it is multiplied. */
interface ParameterScale {
  readonly unit: StrengthUnit
  /** Whether more of it makes the fault harder to bear, or less, as of a rate. */
  readonly harder: 'more' | 'less'
  /** Between these it makes sense: less is nothing or cannot be told from it, and more nobody has. */
  readonly least: number
  readonly most: number
}

/** The number by which a fault can be made weaker or stronger. */
export interface FaultParameter<Settings> extends ParameterScale {
  /** Its place below the keyword in a profile, with dots: `delay`, `gilbertElliott.goodToBad`. */
  readonly key: string
  /** Null where the fault does not act by it with these settings. */
  read(settings: Settings): number | null
  /** The settings with this value instead, which is between least and most. */
  write(settings: Settings, value: number): Settings
}

/** Shares of things that are hit. Less than one in ten thousand hits nothing in a slice of seconds. */
export const shareScale: ParameterScale = { unit: 'share', harder: 'more', least: 0.0001, most: 1 }
/** Delays. Less than a millisecond cannot be told from a timer's lateness. */
export const delayScale: ParameterScale = { unit: 'ms', harder: 'more', least: 1, most: 60_000 }
/** Bytes after which something ends. */
export const allowanceScale: ParameterScale = { unit: 'bytes', harder: 'less', least: 1, most: 2 ** 30 }

type NumberKey<Settings> = { [Key in keyof Settings]: Settings[Key] extends number ? Key : never }[keyof Settings]

/** A parameter that is a number among the settings; the fault does not act by it where that is 0. */
export function parameter<Settings>(
  key: string,
  field: NumberKey<Settings>,
  scale: ParameterScale,
): FaultParameter<Settings> {
  // Times among settings are in ns.
  const perUnit = scale.unit === 'ms' ? nsPerMs : 1
  return {
    ...scale,
    key,
    read(settings) {
      const value = settings[field] as number
      return value > 0 ? value / perUnit : null
    },
    write: (settings, value) => ({ ...settings, [field]: perUnit === 1 ? value : Math.round(value * perUnit) }),
  }
}
