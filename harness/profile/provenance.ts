import { isRecord, valueAt, within } from '../kernel/json.ts'
import { type Document, leavesOf } from './document.ts'

/** Where a value came from. */
export type Provenance = 'flag' | 'env' | 'profile' | 'default'

/** The filled document with what was written in place of what it stands for: `${env:NAME}` stays. */
export function asWritten(filled: unknown, written: unknown): unknown {
  if (isRecord(filled)) {
    const source = isRecord(written) ? written : {}
    return Object.fromEntries(Object.entries(filled).map(([key, value]) => [key, asWritten(value, source[key])]))
  }
  if (Array.isArray(filled)) {
    const source: readonly unknown[] = Array.isArray(written) ? written : []
    return filled.map((value, index) => asWritten(value, source[index]))
  }
  return written === undefined ? filled : written
}

/** Where everything at and below a pointer came from. */
export interface Mark {
  readonly pointer: string
  readonly origin: Provenance
}

/** Where each leaf of `effective` came from, by JSON pointer: by the last mark on it, else by whether it was written. */
export function provenanceOf(
  effective: Document,
  written: Document,
  marks: readonly Mark[],
): Record<string, Provenance> {
  const originOf = (pointer: string): Provenance =>
    marks.findLast((mark) => within(pointer, mark.pointer))?.origin ??
    (valueAt(written, pointer) === undefined ? 'default' : 'profile')
  return Object.fromEntries(leavesOf(effective).map((pointer) => [pointer, originOf(pointer)]))
}
