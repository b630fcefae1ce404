import { isRecord, type JsonObject, mapLeaves, stepsOf } from '../kernel/json.ts'

/** A profile as it is written: an object of whatever JSON holds. */
export type Document = JsonObject

/** A copy with a value at a pointer. Objects on the way are made; whatever else stands in the way is left as it is. */
export function withValue(document: Document, pointer: string, value: unknown): Document {
  return placed(document, stepsOf(pointer), value) as Document
}

function placed(holder: unknown, [name, ...rest]: readonly string[], value: unknown): unknown {
  if (name === undefined) return value
  if (Array.isArray(holder))
    return holder.map((item, index) => (String(index) === name ? placed(item, rest, value) : item))
  if (holder !== undefined && !isRecord(holder)) return holder
  const own = holder && Object.hasOwn(holder, name) ? holder[name] : undefined
  return { ...holder, [name]: placed(own, rest, value) }
}

/** The pointers of all leaves, in order. */
export function leavesOf(value: unknown): string[] {
  const pointers: string[] = []
  mapLeaves(value, (leaf, pointer) => {
    pointers.push(pointer)
    return leaf
  })
  return pointers
}
