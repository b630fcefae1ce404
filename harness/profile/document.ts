/** A profile as it is written: an object of whatever JSON holds. */
export type Document = Readonly<Record<string, unknown>>

/** True for an object that is no list. */
export function isRecord(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** One step of a JSON pointer (RFC 6901), with its slash. */
export function step(name: string | number): string {
  return `/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`
}

function stepsOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((text) => text.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** True when a pointer is the other, or lies below it. */
export function within(pointer: string, ancestor: string): boolean {
  return pointer === ancestor || pointer.startsWith(`${ancestor}/`)
}

/** What lies at a JSON pointer, or undefined. */
export function valueAt(document: unknown, pointer: string): unknown {
  let value = document
  for (const name of stepsOf(pointer)) {
    if (Array.isArray(value)) value = value[Number(name)]
    else value = isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined
  }
  return value
}

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

/** A copy in which every leaf has been replaced: texts, numbers, empty lists and the like, in order. */
export function mapLeaves(value: unknown, change: (leaf: unknown, pointer: string) => unknown, pointer = ''): unknown {
  if (Array.isArray(value) && value.length > 0) {
    return value.map((item, index) => mapLeaves(item, change, pointer + step(index)))
  }
  if (!isRecord(value) || Object.keys(value).length === 0) return change(value, pointer)
  const entries = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .map(([name, item]) => [name, mapLeaves(item, change, pointer + step(name))])
  return Object.fromEntries(entries)
}

/** A deep copy; keys that hold undefined are gone. */
export function copyOf(value: unknown): unknown {
  return mapLeaves(value, (leaf) => (Array.isArray(leaf) ? [] : isRecord(leaf) ? {} : leaf))
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

/** What was found, as a problem names it: lists and objects by their kind, all else as it is. */
export function found(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (isRecord(value)) return Object.keys(value).length === 0 ? 'an empty object' : 'an object'
  // Modules may export what JSON does not know.
  return JSON.stringify(value) ?? `a ${typeof value}`
}
