import { significant } from '../kernel/units.ts'

/** What stands where nothing was measured. */
export const nothing = '-'

/** A number for people: three significant digits, thousands apart. */
export function shortNumber(value: number | null): string {
  if (value === null) return nothing
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en-US') : String(significant(value, 3))
}

/** The same with a sign also where it is positive. */
export function signed(value: number | null): string {
  return value !== null && value > 0 ? `+${shortNumber(value)}` : shortNumber(value)
}

const sizes = ['B', 'kB', 'MB', 'GB', 'TB']

/** A number of bytes for people, in decimal units. */
export function bytes(count: number): string {
  // Rounded first: 999.9 B are 1 kB.
  const rounded = significant(count, 3)
  const power = Math.max(
    0,
    sizes.findLastIndex((_, index) => rounded >= 1000 ** index),
  )
  return `${shortNumber(rounded / 1000 ** power)} ${sizes[power]}`
}

/** A text of a target's own on one line, without what a terminal would obey. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim()
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
