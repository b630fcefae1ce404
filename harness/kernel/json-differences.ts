import { isRecord, step } from './json.ts'

/** One place at which two JSON values differ; null where one of them has nothing there. */
export interface JsonDifference {
  /** JSON pointer. */
  readonly where: string
  readonly left: unknown
  readonly right: unknown
}

/** Where two JSON values differ, in the order of the first; keys in any order, those that hold undefined are none. */
export function jsonDifferences(left: unknown, right: unknown, where = ''): readonly JsonDifference[] {
  if (Object.is(left, right)) return []
  if (Array.isArray(left) && Array.isArray(right)) {
    const length = Math.max(left.length, right.length)
    return Array.from({ length }, (_, index) => jsonDifferences(left[index], right[index], where + step(index))).flat()
  }
  if (isRecord(left) && isRecord(right)) {
    const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])]
    return keys.flatMap((key) => jsonDifferences(left[key], right[key], where + step(key)))
  }
  return [{ where, left: left ?? null, right: right ?? null }]
}
