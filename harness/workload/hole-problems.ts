import type { Problem } from '../kernel/errors.ts'
import { found, isRecord, step } from '../kernel/json.ts'
import { didYouMean, quoted } from '../kernel/suggest.ts'
import { builtinProblem, builtinUsages, isBuiltinName } from './builtin-values.ts'
import { hasUnclosedHole, holesOf } from './holes.ts'

/** The names that stand for something in the messages of one step. */
export interface KnownNames {
  readonly variables: readonly string[]
  /** Columns by feed; null where its file could not be read, so that any may be there. */
  readonly feeds: ReadonlyMap<string, readonly string[] | null>
  /** Extractions of earlier steps, and of this one and later ones. */
  readonly extracted: readonly string[]
  readonly extractedLater: readonly string[]
}

/** Calls `visit` with every text of a value, keys included, and its pointer. */
function eachText(value: unknown, where: string, visit: (text: string, where: string) => void): void {
  if (typeof value === 'string') visit(value, where)
  else if (Array.isArray(value)) value.forEach((item, index) => eachText(item, where + step(index), visit))
  else if (isRecord(value)) {
    for (const [key, item] of Object.entries(value)) {
      visit(key, where + step(key))
      eachText(item, where + step(key), visit)
    }
  }
}

/** What is wrong with the holes in the texts of a value: names that stand for nothing, and holes without an end. */
export function holeProblems(value: unknown, where: string, names: KnownNames): Problem[] {
  const problems: Problem[] = []
  eachText(value, where, (text, pointer) => {
    if (hasUnclosedHole(text)) {
      const message = `found {{ without a name and }} after it in ${found(text)}, allowed: {{name}}, or \\{{ for {{ itself`
      problems.push({ where: pointer, message })
    }
    for (const name of new Set(holesOf(text))) {
      const message = nameProblem(name, names)
      if (message !== null) problems.push({ where: pointer, message: `found {{${name}}}, allowed: ${message}` })
    }
  })
  return problems
}

/** Holes where nothing is filled in: of any name, or with `names` only of those that stand for something. */
export function deadHoleProblems(value: unknown, where: string, names?: KnownNames): Problem[] {
  const problems: Problem[] = []
  eachText(value, where, (text, pointer) => {
    for (const name of holesOf(text)) {
      if (names && !standsForSomething(name, names)) continue
      const message = `found {{${name}}}, allowed: a fixed text, since nothing is filled in here`
      problems.push({ where: pointer, message })
    }
  })
  return problems
}

function standsForSomething(name: string, names: KnownNames): boolean {
  return nameProblem(name, { ...names, extracted: [...names.extracted, ...names.extractedLater] }) === null
}

/** What is allowed in place of a name that stands for nothing; null for one that stands for something. */
function nameProblem(name: string, { variables, feeds, extracted, extractedLater }: KnownNames): string | null {
  if (isBuiltinName(name)) return builtinNameProblem(name)
  if (variables.includes(name) || extracted.includes(name)) return null
  const dot = name.indexOf('.')
  const feed = dot < 0 ? undefined : feeds.get(name.slice(0, dot))
  if (feed !== undefined) {
    const column = name.slice(dot + 1)
    if (feed === null || feed.includes(column)) return null
    return `a column of ${name.slice(0, dot)}: ${quoted(feed)}${didYouMean(column, feed)}`
  }
  if (extractedLater.includes(name))
    return 'what an earlier step extracts; this is extracted by this step or a later one'
  const columns = [...feeds].flatMap(([feedName, own]) => (own ?? []).map((column) => `${feedName}.${column}`))
  const known = [...variables, ...extracted, ...columns]
  const list = known.length === 0 ? 'of which there is none' : quoted(known)
  return `a variable, a column of a feed or what an earlier step extracts, ${list}, or one of ${quoted(builtinUsages)}${didYouMean(name, known)}`
}

function builtinNameProblem(name: string): string | null {
  const usage = builtinProblem(name)
  if (usage === null || usage !== '') return usage
  return `${quoted(builtinUsages)}${didYouMean(name, builtinUsages)}`
}
