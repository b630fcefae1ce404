import type { Problem } from '../kernel/errors.ts'
import { mapLeaves, valueAt } from '../kernel/json.ts'
import type { Document } from './document.ts'

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

/** What a `${env:NAME}` stands for, and how it is written. */
export interface Secret {
  readonly written: string
  readonly value: string
}

/** What of the environment a document has taken, longest value first. */
export function secretsOf(document: Document, environment: Readonly<Record<string, string>>): Secret[] {
  const names = new Set<string>()
  mapLeaves(document, (leaf) => {
    if (typeof leaf === 'string') for (const [, name = ''] of leaf.matchAll(reference)) names.add(name)
    return leaf
  })
  return [...names]
    .flatMap((name) => (Object.hasOwn(environment, name) ? [{ name, value: environment[name] ?? '' }] : []))
    .filter(({ value }) => value.length >= shortestSecret)
    .map(({ name, value }) => ({ written: `\${env:${name}}`, value }))
    .toSorted((a, b) => b.value.length - a.value.length)
}

/** Anything shorter is no secret, and would be found by chance in every other text. */
const shortestSecret = 4

/** Texts may have been cut: so much of a secret's beginning is taken for it. */
const knownBy = 8

/** A text that was made while a run went on, with `${env:NAME}` in place of what that stands for. */
export function hidden(text: string, secrets: readonly Secret[]): string {
  return secrets.reduce((shown, { written, value }) => {
    const forms = [inQuotes(value), value]
    const whole = forms.reduce((left, form) => left.replaceAll(form, () => written), shown)
    return forms.reduce((left, form) => withoutBeginning(left, form, written), whole)
  }, text)
}

/** The same with what is there of a value's beginning. */
function withoutBeginning(text: string, value: string, written: string): string {
  const head = value.slice(0, knownBy)
  let shown = ''
  let from = 0
  for (let at = text.indexOf(head); at >= 0; at = text.indexOf(head, from)) {
    let end = at + head.length
    while (end - at < value.length && text[end] === value[end - at]) end++
    shown += text.slice(from, at) + written
    from = end
  }
  return shown + text.slice(from)
}

const inQuotes = (text: string): string => JSON.stringify(text).slice(1, -1)

/** The same problem with what was written in place of what it stands for: secrets do not belong into messages. */
export function withoutSecrets(problem: Problem, written: unknown, expanded: unknown): Problem {
  const before = valueAt(written, problem.where)
  const after = valueAt(expanded, problem.where)
  if (typeof before !== 'string' || typeof after !== 'string' || before === after || after === '') return problem
  const message = problem.message.replaceAll(inQuotes(after), () => before).replaceAll(after, () => before)
  return { ...problem, message }
}
