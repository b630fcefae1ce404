import { isRecord, type JsonObject, valueAt } from '../../kernel/json.ts'
import type { Notes } from './imported.ts'

/** Looks up what an OpenAPI document refers to. */
export interface References {
  /** What a value is, references to other places of the document followed; undefined where one leads nowhere. */
  follow(value: unknown): JsonObject | undefined
}

/** Follows `$ref` within a document; what leads elsewhere is noted. */
export function referencesOf(document: JsonObject, notes: Notes): References {
  const follow = (value: unknown, seen: readonly string[]): JsonObject | undefined => {
    if (!isRecord(value)) return undefined
    const pointer = value['$ref']
    if (typeof pointer !== 'string') return value
    if (!pointer.startsWith('#')) {
      notes.add(`left out what ${pointer} refers to: it lies outside of the document`)
      return undefined
    }
    const target = seen.includes(pointer) ? undefined : valueAt(document, decoded(pointer.slice(1)))
    if (isRecord(target)) return follow(target, [...seen, pointer])
    notes.add(`left out what ${pointer} refers to: there is nothing`)
    return undefined
  }
  return { follow: (value) => follow(value, []) }
}

/** A pointer in a fragment is percent-encoded (RFC 6901, section 6). */
function decoded(fragment: string): string {
  try {
    return decodeURIComponent(fragment)
  } catch {
    return fragment
  }
}
