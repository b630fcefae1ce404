import { colorsOf } from './colors.ts'
import { nothing } from './format.ts'
import type { TextOptions } from './result-text.ts'
import { table } from './table.ts'

/** A result file as a list shows it. */
export interface ListedLine {
  readonly file: string
  readonly profile: string
  readonly mode: string
  readonly startedAt: string | null
  readonly verdict: string | null
  readonly pinned: boolean
  readonly unfit: string | null
}

const columns = ['profile', 'mode', 'started', 'verdict', 'reference', 'file']

/** A list of result files for the terminal. */
export function renderResults(lines: readonly ListedLine[], { color, width = 100 }: TextOptions): string {
  if (lines.length === 0) return 'no results'
  const colors = colorsOf(color)
  const rows = lines.map(({ file, profile, mode, startedAt, verdict, pinned, unfit }) =>
    [profile, mode, startedAt ?? nothing, verdict ?? 'unreadable', referenceCell(pinned, unfit), file].map((text) => ({
      text,
    })),
  )
  const head = columns.map((text) => ({ text, paint: colors.dim }))
  return table(head, rows, { width })
}

function referenceCell(pinned: boolean, unfit: string | null): string {
  if (unfit === null) return pinned ? 'pinned' : 'may be'
  return `${pinned ? 'pinned' : 'no'}: ${unfit}`
}
