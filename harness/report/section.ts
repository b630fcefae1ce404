import type { Result } from '../archive/result.ts'
import { armsOf, type PlacedArm } from '../compare/arms.ts'

/** Columns and rows; the columns in `numeric` are set right. */
export interface SectionTable {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
  readonly numeric: readonly number[]
}

/** A title, lines and a table below them; a section with neither is not shown. */
export interface Section {
  readonly title: string
  readonly lines: readonly string[]
  readonly table?: SectionTable
}

/** The sections that have something to tell. */
export function told(sections: readonly Section[]): Section[] {
  return sections.filter(({ lines, table }) => lines.length > 0 || (table !== undefined && table.rows.length > 0))
}

/** The arm that the figures of the run are of; a phase with one arm is named instead of it. */
export function sourceArm(result: Result): PlacedArm | undefined {
  const { source } = result.metrics
  if (source === null) return undefined
  return [...armsOf(result).values()].find(({ id }) => id === source || id.startsWith(`${source}/`))
}

/** Lines of every arm that means something by itself, each after the arm's name. */
export function armLines(result: Result, linesOf: (place: PlacedArm) => readonly string[]): string[] {
  return [...armsOf(result).values()].flatMap((place) => linesOf(place).map((line) => `${place.id}: ${line}`))
}
