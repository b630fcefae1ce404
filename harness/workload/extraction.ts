import { stepsOf, valueAtSteps } from '../kernel/json.ts'
import { BodyView, noJson } from './body-view.ts'
import { parseExactly } from './exact-json.ts'
import type { Extraction } from './extract.ts'
import type { Kept, Reply } from './reply.ts'

/** The extractions of one request, made ready to run many times. */
export interface CompiledExtractions {
  readonly kept: Kept
  /** Puts each value under its name; what could not be found, for people, or null. Then none has been put. */
  run(reply: Reply, into: Map<string, string> | Record<string, string>): string | null
}

/** What was taken, or what was wrong. */
type Value = { readonly value: string }
type Problem = { readonly problem: string }
type Taken = Value | Problem
type Take = (reply: Reply, body: BodyView) => Taken

/** What a driver must keep of a reply for these extractions. */
export function keptByExtractions(extract: readonly Extraction[]): Kept {
  return {
    headers: extract.some(({ kind }) => kind === 'header'),
    body: extract.some(({ kind }) => kind !== 'header'),
  }
}

/** Makes extractions ready to run many times. Patterns must be valid. */
export function compileExtractions(extract: readonly Extraction[]): CompiledExtractions {
  const kept = keptByExtractions(extract)
  const takes = extract.map((one) => ({ name: one.name, take: compile(one) }))
  const view = new BodyView()
  return {
    kept,
    run(reply, into) {
      if (takes.length === 0) return null
      if (kept.body) view.show(reply.body())
      const values = takes.map(({ take }) => take(reply, view))
      view.leave()
      const failed = values.findIndex((taken) => 'problem' in taken)
      if (failed >= 0) return `cannot extract ${takes[failed]?.name}: ${(values[failed] as Problem).problem}`
      takes.forEach(({ name }, index) => put(into, name, (values[index] as Value).value))
      return null
    },
  }
}

function put(into: Map<string, string> | Record<string, string>, name: string, value: string): void {
  if (into instanceof Map) into.set(name, value)
  else into[name] = value
}

function compile(extraction: Extraction): Take {
  switch (extraction.kind) {
    case 'json':
      return takeJson(extraction.pointer)
    case 'header':
      return takeHeader(extraction.header.toLowerCase())
    case 'matches':
      return takeMatch(extraction.pattern)
  }
}

function takeHeader(name: string): Take {
  return (reply) => {
    const value = reply.header(name)
    return value === null ? { problem: `header ${name} is missing` } : { value }
  }
}

function takeMatch(source: string): Take {
  const pattern = new RegExp(source, 'u')
  return (_, body) => {
    const match = pattern.exec(body.text)
    if (!match) return { problem: `the body does not match ${source}` }
    const value = match.length > 1 ? match[1] : match[0]
    // A group of an alternative that was not taken.
    return value === undefined ? { problem: `the first group of ${source} matched nothing` } : { value }
  }
}

function takeJson(pointer: string): Take {
  const steps = stepsOf(pointer)
  const place = pointer === '' ? 'the body' : pointer
  return (_, body) => {
    const { json } = body
    if (json === noJson) return { problem: 'the body is no JSON' }
    const value = valueAtSteps(json, steps)
    if (value === undefined || value === null) return { problem: `${place} is ${value === null ? 'null' : 'missing'}` }
    if (typeof value === 'string') return { value }
    if (typeof value === 'number') return { value: exactNumber(value, body, steps) }
    return { value: JSON.stringify(value) }
  }
}

/** A number as the target wrote it: identifiers may be longer than a double holds (9007199254740993). */
function exactNumber(value: number, { text }: BodyView, steps: readonly string[]): string {
  if (Number.isSafeInteger(value)) return String(value)
  return String(valueAtSteps(parseExactly(text.replace(/^\uFEFF/u, '')), steps))
}
