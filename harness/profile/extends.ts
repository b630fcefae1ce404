import { type Document, isRecord } from './document.ts'

const targetKinds = ['builtin', 'command', 'url']

/** Keys that speak of a file itself, and so are not handed on. */
const ownKeys = ['$schema', 'extends', 'name']

/** A profile over the one that it extends: objects are merged, everything else replaces. The base's name is not taken. */
export function extended(base: Document, own: Document): Document {
  const inherited = Object.fromEntries(Object.entries(base).filter(([key]) => !ownKeys.includes(key)))
  // Settings of one kind of target mean nothing to another.
  const sameKind = kindOf(own['target']) === undefined || kindOf(own['target']) === kindOf(base['target'])
  const { target: _, ...others } = inherited
  return merged(sameKind ? inherited : others, own) as Document
}

function kindOf(target: unknown): string | undefined {
  return isRecord(target) ? targetKinds.find((kind) => kind in target) : undefined
}

function merged(base: unknown, own: unknown): unknown {
  if (own === undefined) return base
  if (!isRecord(base) || !isRecord(own)) return own
  const keys = [...new Set([...Object.keys(base), ...Object.keys(own)])]
  return Object.fromEntries(keys.map((key) => [key, merged(base[key], own[key])]))
}
