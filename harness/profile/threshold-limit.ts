/** What a threshold allows: a figure, one that follows from another arm or result, or the largest or smallest of several. */
export type LimitTerm =
  | { readonly kind: 'fixed'; readonly value: number }
  | { readonly kind: RelativeTo; readonly factor: number; readonly plus: number }
  | { readonly kind: 'max' | 'min'; readonly of: readonly LimitTerm[] }

/** The baseline arm of the same path in this run, or the same figure of the archived result that it is compared with. */
export type RelativeTo = 'baseline' | 'reference'

/** Reads a figure of one metric, without a word of why not. */
export type FigureReader = (text: string) => number | undefined

const relative =
  /^(?<to>baseline|reference)\s*(?:\*\s*(?<factor>\d+(?:\.\d+)?|\.\d+)\s*)?(?:(?<sign>[+-])\s*(?<plus>.+))?$/u
const choice = /^(?<kind>max|min)\s*\((?<of>.*)\)$/u

/** Reads `200ms`, `baseline*1.10`, `reference - 5`, or `max(baseline*1.3, 50ms)`; undefined for anything else. */
export function parseLimit(text: string, read: FigureReader): LimitTerm | undefined {
  const chosen = choice.exec(text.trim())?.groups
  if (chosen) {
    const of = membersOf(chosen['of'] ?? '').map((member) => parseLimit(member, read))
    const known = of.filter((term) => term !== undefined)
    return known.length < of.length ? undefined : { kind: chosen['kind'] as 'max' | 'min', of: known }
  }
  const parts = relative.exec(text.trim())?.groups
  if (!parts) {
    const value = read(text.trim())
    return value === undefined ? undefined : { kind: 'fixed', value }
  }
  const plus = parts['plus'] === undefined ? 0 : read(parts['plus'].trim())
  if (plus === undefined) return undefined
  const factor = Number(parts['factor'] ?? 1)
  return { kind: parts['to'] as RelativeTo, factor, plus: parts['sign'] === '-' ? -plus : plus }
}

/** What stands between the commas that are in no further brackets. */
function membersOf(text: string): string[] {
  const members = ['']
  let depth = 0
  for (const sign of text) {
    if (sign === ',' && depth === 0) {
      members.push('')
      continue
    }
    depth += sign === '(' ? 1 : sign === ')' ? -1 : 0
    members.push((members.pop() ?? '') + sign)
  }
  return members
}

/** What a limit is relative to; nothing for a plain figure. */
export function relativesOf(term: LimitTerm): readonly RelativeTo[] {
  if (term.kind === 'fixed') return []
  return term.kind === 'max' || term.kind === 'min' ? [...new Set(term.of.flatMap(relativesOf))] : [term.kind]
}
