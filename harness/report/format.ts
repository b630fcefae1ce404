import { significant } from '../kernel/units.ts'

/** What stands where nothing was measured. */
export const nothing = '-'

/** A number for people: three significant digits, thousands apart. */
export function shortNumber(value: number | null): string {
  if (value === null) return nothing
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en-US') : String(significant(value, 3))
}

/** A share as percent, three significant digits. */
export function percent(share: number | null): string {
  return share === null ? nothing : `${significant(100 * share, 3)}%`
}

/** A duration in ms for people, from whole seconds on in seconds. */
export function duration(ms: number): string {
  return ms >= 1000 ? `${significant(ms / 1000, 3)}s` : `${significant(ms, 3)}ms`
}

/** A ratio with three decimals, so that small differences show. */
export function ratio(value: number | null): string {
  return value === null ? nothing : `x${value.toFixed(3)}`
}
