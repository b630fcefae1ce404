import { isRecord, type JsonObject } from '../../kernel/json.ts'
import { isHttpMethod } from '../protocols/http.ts'
import {
  badImport,
  type FoundRequest,
  type Imported,
  mixOf,
  noteOrigin,
  Notes,
  originOf,
  parseInput,
} from './imported.ts'
import { type ExampleContext, exampleOf } from './openapi-example.ts'
import { parametersOf } from './openapi-parameters.ts'
import { referencesOf } from './openapi-references.ts'

/** How a description becomes a workload. */
export interface OpenApiOptions {
  /** Ask this origin (`http://HOST:PORT`) instead of the first server that is described. */
  readonly origin?: string | undefined
}

const hint =
  'Only OpenAPI 3 in JSON is read: convert YAML first, such as with yq -o=json, and Swagger 2 with a converter to OpenAPI 3.'

/** Where soakrig looks when a description names no host. */
const usualOrigin = 'http://127.0.0.1:8080'

/** Makes a profile of an OpenAPI 3.0 or 3.1 description in JSON: one request for each operation. Throws `bad-import` (104). */
export function importOpenApi(text: string, { origin: wanted }: OpenApiOptions = {}): Imported {
  const document = documentOf(text)
  const notes = new Notes()
  const context: ExampleContext = { references: referencesOf(document, notes), notes }
  const server = serverOf(document['servers'], notes)
  const origin = wanted === undefined ? server.origin : originOf(wanted)
  noteOrigin(origin, notes)
  const requests = operationsOf(document, context).map((operation) =>
    requestOf(operation, server.base, document, context),
  )
  if (requests.length === 0) return badImport('the OpenAPI description has no operation', hint)
  return { document: mixOf(origin, origin.startsWith('https:') ? { tls: true } : {}, requests), notes: notes.all }
}

function documentOf(text: string): JsonObject {
  const looksLikeYaml = /^\s*(#|---|openapi\s*:|swagger\s*:)/u.test(text)
  const kind = looksLikeYaml ? 'OpenAPI description, which looks like YAML,' : 'OpenAPI description'
  const document = parseInput(text, kind, hint)
  const version = isRecord(document) ? textOr(document['openapi'] ?? document['swagger'], '(none)') : '(none)'
  if (isRecord(document) && /^3\.[01](\.|$)/u.test(version)) return document
  return badImport(`the version ${version} of OpenAPI is not read here`, hint)
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise
}

/** The first server: its origin, and the path that all others start from. */
function serverOf(servers: unknown, notes: Notes): { readonly origin: string; readonly base: string } {
  const [first, ...others] = Array.isArray(servers) ? (servers as unknown[]).filter(isRecord) : []
  if (others.length > 0) notes.add(`left out ${others.length} more servers: only the first is asked`)
  const variables = isRecord(first?.['variables']) ? first['variables'] : {}
  const address = textOr(first?.['url'], '/').replaceAll(/\{([^}]*)\}/gu, (written, name: string) => {
    const variable = variables[name]
    return isRecord(variable) ? String(variable['default']) : written
  })
  const absolute = /^https?:\/\//iu.test(address)
  if (!absolute) notes.add(`no server names a host: ${usualOrigin} takes its place`)
  const url = URL.canParse(address, usualOrigin) ? new URL(address, usualOrigin) : new URL(usualOrigin)
  return { origin: url.origin, base: url.pathname.replace(/\/$/u, '') }
}

/** One method of one path. */
interface Operation {
  readonly method: string
  readonly template: string
  readonly own: JsonObject
  /** Parameters of the path, which all its operations have. */
  readonly shared: unknown
}

const notOperations = ['summary', 'description', 'servers', 'parameters', '$ref']

function operationsOf({ paths, webhooks }: JsonObject, { references, notes }: ExampleContext): Operation[] {
  if (webhooks !== undefined) notes.add('left out the webhooks: the target calls them')
  return Object.entries(isRecord(paths) ? paths : {}).flatMap(([template, raw]) => {
    const item = references.follow(raw)
    if (!template.startsWith('/') && !template.startsWith('x-')) notes.add(`left out ${template}: it is no path`)
    if (!item || !template.startsWith('/')) return []
    if (item['servers'] !== undefined) notes.add(`left out the servers of ${template}`)
    return Object.entries(item).flatMap(([key, own]): Operation[] => {
      if (notOperations.includes(key) || key.startsWith('x-') || !isRecord(own)) return []
      const method = key.toUpperCase()
      if (isHttpMethod(method)) return [{ method, template, own, shared: item['parameters'] }]
      notes.add(`left out ${method} ${template}: the method is not known here`)
      return []
    })
  })
}

function requestOf(
  { method, template, own, shared }: Operation,
  base: string,
  document: JsonObject,
  context: ExampleContext,
): FoundRequest {
  const name = `${method} ${template}`
  const { path, query, headers } = parametersOf([shared, own['parameters']], name, context)
  const filled = template.replaceAll(/\{([^}]*)\}/gu, (_, hole: string) => {
    const value = path[hole]
    if (value === undefined) context.notes.add(`${name} does not describe its {${hole}}: "string" takes its place`)
    return value ?? 'string'
  })
  const { body, type } = bodyOf(own['requestBody'], name, context)
  noteSecurity(own['security'] ?? document['security'], document, name, context)
  return {
    method,
    path: escaped(base + filled) + (query.length === 0 ? '' : `?${query.join('&')}`),
    headers: type === undefined ? headers : { ...headers, 'content-type': type },
    body,
    status: statusOf(own['responses'], name, context),
    ...(typeof own['operationId'] === 'string' && { name: own['operationId'] }),
  }
}

/** What a request line cannot hold is percent-encoded; what is encoded stays. */
function escaped(path: string): string {
  return path.replaceAll(/[^!-"$-~]/gu, (char) => encodeURIComponent(char.toWellFormed()))
}

/** The first 2xx, else the first 3xx; undefined where any will do. */
function statusOf(responses: unknown, name: string, { notes }: ExampleContext): number | undefined {
  const codes = Object.keys(isRecord(responses) ? responses : {}).toSorted()
  const code = codes.find((one) => one.startsWith('2')) ?? codes.find((one) => one.startsWith('3'))
  if (code !== undefined && /^\d{3}$/u.test(code)) return Number(code)
  if (code === undefined) notes.add(`${name} describes no success: any status from 200 to 399 is expected`)
  return undefined
}

function bodyOf(
  raw: unknown,
  name: string,
  context: ExampleContext,
): { readonly body: string; readonly type?: string } {
  const content = context.references.follow(raw)?.['content']
  if (!isRecord(content)) return { body: '' }
  const types = Object.keys(content)
  const type = [/^application\/json\b/iu, /[/+]json\b/iu, /^application\/x-www-form-urlencoded\b/iu, /^text\//iu]
    .map((pattern) => types.find((one) => pattern.test(one)))
    .find((one) => one !== undefined)
  const media = type === undefined ? undefined : context.references.follow(content[type])
  const value = media && exampleOf(media, context)
  if (type === undefined || value === undefined) {
    context.notes.add(`left out the body of ${name}: no example could be made of ${types.join(', ') || 'nothing'}`)
    return { body: '' }
  }
  // A range such as */*+json is no type to send.
  return { body: written(value, type), type: type.includes('*') ? 'application/json' : type }
}

function written(value: unknown, type: string): string {
  if (/json/iu.test(type)) return typeof value === 'string' && isJson(value) ? value : JSON.stringify(value)
  if (/urlencoded/iu.test(type) && isRecord(value)) {
    return new URLSearchParams(
      Object.entries(value).map(([key, item]): [string, string] => [
        key,
        typeof item === 'string' ? item : JSON.stringify(item),
      ]),
    ).toString()
  }
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Examples of JSON bodies are now and then written as text. */
function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object'
  } catch {
    return false
  }
}

/** Who may ask is not in a description: the user has to say it. */
function noteSecurity(
  security: unknown,
  document: JsonObject,
  name: string,
  { notes, references }: ExampleContext,
): void {
  const [first] = Array.isArray(security) ? (security as unknown[]).filter(isRecord) : []
  const components = document['components']
  const schemes = isRecord(components) ? components['securitySchemes'] : undefined
  for (const key of Object.keys(first ?? {})) {
    const scheme = references.follow(isRecord(schemes) ? schemes[key] : undefined)
    const kind = scheme
      ? [scheme['type'], scheme['scheme'], scheme['in'], scheme['name']].filter(Boolean).join(' ')
      : 'unknown'
    notes.add(`${name} needs the security scheme ${key} (${kind}): add what it asks for, such as from \${env:NAME}`)
  }
}
