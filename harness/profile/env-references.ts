import type { Problem } from '../kernel/errors.ts'
import { valueAt } from '../kernel/json.ts'
import { type Document, mapLeaves } from './document.ts'

const reference = /\$\{env:([^}]*)\}/gu

/** Puts the environment's values where texts say `${env:NAME}`; a variable that is not set is a problem. */
export function expandReferences(
  document: Document,
  environment: Readonly<Record<string, string>>,
): { readonly document: Document; readonly problems: readonly Problem[] } {
  const problems: Problem[] = []
  const expanded = mapLeaves(document, (leaf, where) => {
    if (typeof leaf !== 'string') return leaf
    return leaf.replaceAll(reference, (written, name: string) => {
      if (Object.hasOwn(environment, name)) return environment[name] ?? ''
      problems.push({
        where,
        message: `found ${written}, allowed: the name of a variable that is set in the environment`,
      })
      return written
    })
  })
  return { document: expanded as Document, problems }
}

/** The same problem with what was written in place of what it stands for: secrets do not belong into messages. */
export function withoutSecrets(problem: Problem, written: unknown, expanded: unknown): Problem {
  const before = valueAt(written, problem.where)
  const after = valueAt(expanded, problem.where)
  if (typeof before !== 'string' || typeof after !== 'string' || before === after || after === '') return problem
  const inQuotes = (text: string): string => JSON.stringify(text).slice(1, -1)
  const message = problem.message.replaceAll(inQuotes(after), () => before).replaceAll(after, () => before)
  return { ...problem, message }
}
