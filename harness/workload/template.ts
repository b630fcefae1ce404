import { isRecord } from '../kernel/json.ts'
import { holesOf, piecesOf } from './holes.ts'
import { type FieldRule, ruleOfField, textRule } from './hole-rules.ts'

/** What a hole's name stands for; undefined where it stands for nothing. */
export type Lookup = (name: string) => string | undefined

/** A message made ready to be rendered many times. */
export interface Template<Message> {
  /**
   * Fills the holes; what has none is shared with the original, which stays as it is. Values in `path` are
   * percent-encoded. Where `problem` is not null afterwards the message must not be sent.
   */
  (lookup: Lookup): Message
  /** What was wrong with the last message: a name without a value, or a value that its place cannot hold. */
  readonly problem: string | null
}

/** State of one rendering, shared by the parts of a template. */
interface Filling {
  lookup: Lookup
  problem: string | null
}

type Fill = (filling: Filling) => unknown

/** True when any text of a message, keys included, must be rendered: it has a hole or an escaped one. */
export function isTemplated(message: unknown): boolean {
  if (typeof message === 'string') return message.includes('{{')
  if (Array.isArray(message)) return message.some(isTemplated)
  return isRecord(message) && Object.entries(message).some(([key, value]) => key.includes('{{') || isTemplated(value))
}

/** Makes a message ready. `refuse` says what else keeps a rendered one from being sent (`messageProblem`). */
export function compileTemplate<Message>(
  message: Message,
  refuse: (rendered: Message) => string | null = () => null,
): Template<Message> {
  const fill = compileMessage(message)
  const filling: Filling = { lookup: () => undefined, problem: null }
  const render = (lookup: Lookup): Message => {
    filling.lookup = lookup
    filling.problem = null
    const rendered = (fill ? fill(filling) : message) as Message
    template.problem = filling.problem ?? refuse(rendered)
    return rendered
  }
  const template = Object.assign(render, { problem: null as string | null })
  return template
}

/** The names that a message is rendered with, keys included. */
export function namesIn(message: unknown): readonly string[] {
  if (typeof message === 'string') return holesOf(message)
  if (Array.isArray(message)) return message.flatMap(namesIn)
  return isRecord(message)
    ? Object.entries(message).flatMap(([key, value]) => [...holesOf(key), ...namesIn(value)])
    : []
}

/** Fills the holes of a message once. */
export function render<Message>(message: Message, lookup: Lookup): Message {
  return compileTemplate(message)(lookup)
}

/** What keeps a message from being sent with these values, or null. */
export function renderProblem(message: unknown, lookup: Lookup): string | null {
  const template = compileTemplate(message)
  template(lookup)
  return template.problem
}

/** The fields of a message have rules of their own; anything else is plain text. */
function compileMessage(message: unknown): Fill | null {
  return isRecord(message) ? compileObject(message, ruleOfField) : compile(message, textRule)
}

/** Null where nothing is to be filled in. */
function compile(value: unknown, rule: FieldRule): Fill | null {
  if (typeof value === 'string') return compileText(value, rule.value)
  if (Array.isArray(value)) return compileList(value, rule)
  return isRecord(value) ? compileObject(value, () => rule) : null
}

function compileList(list: readonly unknown[], rule: FieldRule): Fill | null {
  const fills = list.map((item) => compile(item, rule))
  if (fills.every((fill) => fill === null)) return null
  return (filling) => list.map((item, index) => fills[index]?.(filling) ?? item)
}

function compileObject(object: Readonly<Record<string, unknown>>, ruleOf: (key: string) => FieldRule): Fill | null {
  const fields = Object.entries(object).map(([key, value]) => {
    const rule = ruleOf(key)
    return { key, value, rule, fillKey: compileText(key, textRule.value), fillValue: compile(value, rule) }
  })
  if (fields.some(({ fillKey }) => fillKey !== null)) return (filling) => withFilledKeys(fields, filling)
  const filled = fields.flatMap(({ key, fillValue }) => (fillValue === null ? [] : [{ key, fill: fillValue }]))
  if (filled.length === 0) return null
  return (filling) => {
    const copy: Record<string, unknown> = { ...object }
    for (const { key, fill } of filled) copy[key] = fill(filling)
    return copy
  }
}

/** A field of an object, its key and its value with holes or without. */
interface Field {
  readonly key: string
  readonly value: unknown
  readonly rule: FieldRule
  readonly fillKey: ((filling: Filling) => string) | null
  readonly fillValue: Fill | null
}

/** A field whose key may not be sent is left out, and is the problem of the message. */
function withFilledKeys(fields: readonly Field[], filling: Filling): Record<string, unknown> {
  const entries = fields.flatMap(({ key: written, value, rule, fillKey, fillValue }): [string, unknown][] => {
    const key = fillKey?.(filling) ?? written
    if (fillKey === null || rule.key(key)) return [[key, fillValue?.(filling) ?? value]]
    filling.problem ??= `${written} cannot become ${JSON.stringify(key.slice(0, 60))}`
    return []
  })
  return Object.fromEntries(entries)
}

function compileText(text: string, rule: FieldRule['value']): ((filling: Filling) => string) | null {
  if (!text.includes('{{')) return null
  const pieces = piecesOf(text)
  if (holesOf(text).length === 0) {
    const plain = pieces.map((piece) => ('text' in piece ? piece.text : '')).join('')
    return () => plain
  }
  return (filling) => {
    let filled = ''
    for (const piece of pieces) filled += 'text' in piece ? piece.text : valueOf(piece.name, rule, filling)
    return filled
  }
}

/** A hole that cannot be filled stays empty, and is the problem of the message. */
function valueOf(name: string, rule: FieldRule['value'], filling: Filling): string {
  const value = filling.lookup(name)
  if (value === undefined) {
    filling.problem ??= `{{${name}}} has no value`
    return ''
  }
  const allowed = rule(value)
  if (allowed !== null) return allowed
  filling.problem ??= `the value of {{${name}}} cannot stand in its place: ${JSON.stringify(value.slice(0, 60))}`
  return ''
}
