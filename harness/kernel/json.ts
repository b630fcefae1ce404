/** An object of whatever JSON holds. */
export type JsonObject = Readonly<Record<string, unknown>>

/** True for an object that is no list. */
export function isRecord(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** One step of a JSON pointer (RFC 6901), with its slash. */
export function step(name: string | number): string {
  return `/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`
}

/** The names on the way that a JSON pointer describes, unescaped. */
export function stepsOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((text) => text.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** True for a text that is a JSON pointer: empty, or steps that each begin with a slash; `~` only as `~0` and `~1`. */
export function isPointer(text: string): boolean {
  return /^(\/([^~]|~[01])*)?$/u.test(text)
}

/** True when a pointer is the other, or lies below it. */
export function within(pointer: string, ancestor: string): boolean {
  return pointer === ancestor || pointer.startsWith(`${ancestor}/`)
}

/** What lies at a JSON pointer, or undefined. */
export function valueAt(document: unknown, pointer: string): unknown {
  return valueAtSteps(document, stepsOf(pointer))
}

/** What lies at the end of a pointer's steps, or undefined. Indexes of lists have no leading zeros (RFC 6901, section 4). */
export function valueAtSteps(document: unknown, steps: readonly string[]): unknown {
  let value = document
  for (const name of steps) {
    if (Array.isArray(value)) value = /^(0|[1-9]\d*)$/u.test(name) ? value[Number(name)] : undefined
    else value = isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined
  }
  return value
}

/** What was found, as a problem names it: lists and objects by their kind, all else as it is. */
export function found(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (isRecord(value)) return Object.keys(value).length === 0 ? 'an empty object' : 'an object'
  // Modules may export what JSON does not know.
  return JSON.stringify(value) ?? `a ${typeof value}`
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
