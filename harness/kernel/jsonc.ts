import { getNodeValue, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser'
import type { Problem } from './errors.ts'
import { copyOf, step } from './json.ts'

/** A text read as JSON with comments; `document` is missing where the syntax is broken. */
export interface Read {
  readonly document?: unknown
  readonly problems: readonly Problem[]
}

/** Reads JSON with comments and trailing commas. Broken syntax and repeated keys are problems, with line and column. */
export function readJson(text: string, file: string): Read {
  const plain = text.replace(/^\uFEFF/u, '')
  const errors: ParseError[] = []
  const root = parseTree(plain, errors, { allowTrailingComma: true })
  if (errors.length > 0 || !root) {
    return {
      problems: errors.map(({ error, offset }) => {
        const name = printParseErrorCode(error)
        return { where: `${file}:${placeOf(plain, offset)}`, message: `found no valid JSON: ${spelled(name)}` }
      }),
    }
  }
  return { document: copyOf(getNodeValue(root)), problems: repeatedKeys(root, plain, file) }
}

/** `CommaExpected` → `comma expected`. */
function spelled(code: string): string {
  return code.replaceAll(/(?<=[a-z])(?=[A-Z])/gu, ' ').toLowerCase()
}

/** `line:column`, both from 1. */
function placeOf(text: string, offset: number): string {
  const before = text.slice(0, offset).split('\n')
  return `${before.length}:${(before.at(-1) ?? '').length + 1}`
}

function repeatedKeys(node: Node, text: string, file: string, pointer = ''): Problem[] {
  const children = node.children ?? []
  if (node.type === 'array') {
    return children.flatMap((child, index) => repeatedKeys(child, text, file, pointer + step(index)))
  }
  if (node.type !== 'object') return []
  const seen = new Map<string, number>()
  return children.flatMap(({ children: [key, value] = [] }) => {
    if (!key || !value) return []
    const name = String(key.value)
    const where = pointer + step(name)
    const first = seen.get(name)
    seen.set(name, first ?? key.offset)
    const places = `${file}:${placeOf(text, first ?? 0)} and ${file}:${placeOf(text, key.offset)}`
    const repeated =
      first === undefined ? [] : [{ where, message: `found the same key twice (${places}), allowed: once` }]
    return [...repeated, ...repeatedKeys(value, text, file, where)]
  })
}
