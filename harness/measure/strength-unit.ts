import { significant } from '../kernel/units.ts'

/** What the strength of a fault is measured in. */
export const strengthUnits = ['ms', 'share', 'bps', 'bytes'] as const
export type StrengthUnit = (typeof strengthUnits)[number]

/** The strength of a fault as a profile holds it. */
export function strengthText(unit: StrengthUnit, value: number): string {
  switch (unit) {
    case 'ms':
      return `${significant(value)}ms`
    case 'share':
      return `${significant(100 * value)}%`
    case 'bps':
      return value < 1e6 ? `${significant(value / 1e3)}kbps` : `${significant(value / 1e6)}mbps`
    case 'bytes':
      return `${Math.round(value)}b`
  }
}
