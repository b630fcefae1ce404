import { isRecord, type JsonObject } from '../../kernel/json.ts'
import { isHeaderName, isHeaderValue } from '../header-rules.ts'
import { type ExampleContext, exampleOf, givenExample } from './openapi-example.ts'

/** What the parameters of an operation become. */
export interface OpenApiParameters {
  /** Values by name for the holes of a path template, encoded. */
  readonly path: Readonly<Record<string, string>>
  /** Encoded pairs. */
  readonly query: readonly string[]
  readonly headers: Readonly<Record<string, string>>
}

/** Headers that are said elsewhere: the specification has them ignored here. */
const ignoredHeaders = ['accept', 'content-type', 'authorization']

/** The parameters of a path and of an operation, which come before those of the same name and place. */
export function parametersOf(lists: readonly unknown[], name: string, context: ExampleContext): OpenApiParameters {
  const all = new Map<string, JsonObject>()
  for (const parameter of lists.flatMap((list) => (Array.isArray(list) ? (list as unknown[]) : []))) {
    const known = context.references.follow(parameter)
    if (known) all.set(`${String(known['in'])} ${String(known['name'])}`, known)
  }
  const path: Record<string, string> = {}
  const query: string[] = []
  const headers: Record<string, string> = {}
  const cookies: string[] = []
  for (const parameter of all.values()) {
    const key = String(parameter['name'])
    const value = valueOf(parameter, name, context)
    if (value === undefined) continue
    if (parameter['in'] === 'path') path[key] = encodeURIComponent(joined(value))
    else if (parameter['in'] === 'query') query.push(...queryPairs(key, value, parameter))
    else if (parameter['in'] === 'cookie') cookies.push(`${key}=${encodeURIComponent(joined(value))}`)
    else if (parameter['in'] === 'header') addHeader(headers, key, joined(value), context)
    else context.notes.add(`left out the parameter ${key} of ${name}: it is in ${String(parameter['in'])}`)
  }
  return { path, query, headers: cookies.length === 0 ? headers : { ...headers, cookie: cookies.join('; ') } }
}

/** An example; optional parameters without a written one are left out. */
function valueOf(parameter: JsonObject, name: string, context: ExampleContext): unknown {
  const key = String(parameter['name'])
  const { content } = parameter
  const media = isRecord(content) ? context.references.follow(Object.values(content)[0]) : undefined
  const holder = media ?? parameter
  const required = parameter['required'] === true || parameter['in'] === 'path'
  if (!required && givenExample(holder, context) === undefined && !saysOne(holder, context)) {
    context.notes.add('optional parameters without an example are left out')
    return undefined
  }
  const value = exampleOf(holder, context)
  if (value === undefined) {
    context.notes.add(`the parameter ${key} of ${name} has no type and no example: "string" takes its place`)
    return 'string'
  }
  return media ? JSON.stringify(value) : value
}

/** True where a schema writes an example or a default down. */
function saysOne({ schema }: JsonObject, { references }: ExampleContext): boolean {
  const known = references.follow(schema)
  return known !== undefined && ['example', 'examples', 'default', 'const'].some((key) => key in known)
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Style `simple`: lists and objects separated by commas. */
function joined(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join(',')
  if (isRecord(value))
    return Object.entries(value)
      .flatMap(([key, item]) => [key, textOf(item)])
      .join(',')
  return textOf(value)
}

const separators: Readonly<Record<string, string>> = { spaceDelimited: '%20', pipeDelimited: '|' }

/** Style `form` by default, exploded: `a=1&a=2`. */
function queryPairs(
  name: string,
  value: unknown,
  { style = 'form', explode = style === 'form' }: JsonObject,
): string[] {
  const key = encodeURIComponent(name)
  const encoded = (item: unknown): string => encodeURIComponent(textOf(item))
  if (Array.isArray(value)) {
    if (explode === true) return value.map((item) => `${key}=${encoded(item)}`)
    return [`${key}=${value.map(encoded).join(separators[String(style)] ?? ',')}`]
  }
  if (!isRecord(value)) return [`${key}=${encoded(value)}`]
  const entries = Object.entries(value)
  if (style === 'deepObject')
    return entries.map(([part, item]) => `${key}%5B${encodeURIComponent(part)}%5D=${encoded(item)}`)
  if (explode === true) return entries.map(([part, item]) => `${encodeURIComponent(part)}=${encoded(item)}`)
  return [`${key}=${entries.flatMap(([part, item]) => [encodeURIComponent(part), encoded(item)]).join(',')}`]
}

function addHeader(headers: Record<string, string>, name: string, value: string, { notes }: ExampleContext): void {
  if (ignoredHeaders.includes(name.toLowerCase())) return
  if (isHeaderName(name) && isHeaderValue(value)) headers[name] = value
  else notes.add(`left out the header ${JSON.stringify(name)}: it is no line of Latin-1 text`)
}
