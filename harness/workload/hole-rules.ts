import { framingHeaders, isHeaderName, isHeaderValue, isMetadataName, isMetadataValue } from './header-rules.ts'

/** How values are put into a field of a message. */
export interface FieldRule {
  /** The text to put into a hole, or null where the value cannot be there. */
  readonly value: (value: string) => string | null
  /** Whether a key, its holes filled, may be sent. */
  readonly key: (key: string) => boolean
}

/** Of fields in which any text is at home. */
export const textRule: FieldRule = { value: (value) => value, key: () => true }

/** Of the fields in which a value might end a line, begin another header, or cut a request in two. */
const rules: Readonly<Record<string, FieldRule>> = {
  // Lone surrogates have no encoding.
  path: { value: (value) => encodeURIComponent(value.toWellFormed()), key: () => true },
  headers: {
    value: (value) => (isHeaderValue(value) ? value : null),
    key: (key) => isHeaderName(key) && !framingHeaders.includes(key.toLowerCase()),
  },
  metadata: { value: (value) => (isMetadataValue(value) ? value : null), key: isMetadataName },
}

/** The rule of a field at the top of a message. */
export function ruleOfField(field: string): FieldRule {
  return Object.hasOwn(rules, field) ? (rules[field] ?? textRule) : textRule
}
