import { SoakrigError } from '../../kernel/errors.ts'
import type { JsonObject } from '../../kernel/json.ts'

/** A profile made of something else. */
export interface Imported {
  /** The profile, as its user would write it. */
  readonly document: JsonObject
  /** What was left out or changed, for people; nothing is left out without one. */
  readonly notes: readonly string[]
}

/** A request as it was found, its texts literal. */
export interface FoundRequest {
  readonly method: string
  /** Path and query, escaped for a request line. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | { readonly file: string }
  /** Undefined where nothing is known of the answer: then any from 200 to 399 will do. */
  readonly status: number | undefined
  readonly name?: string | undefined
  readonly pauseMs?: number
}

/** Names of requests are at most this long. */
const longestName = 80

/** The notes of one import; each is told once. */
export class Notes {
  readonly #texts = new Set<string>()

  add(text: string): void {
    this.#texts.add(text)
  }

  get all(): readonly string[] {
    return [...this.#texts]
  }
}

/** Throws what is said of an input that is not what it should be. */
export function badImport(message: string, hint: string, cause?: unknown): never {
  throw new SoakrigError(message, { code: 'bad-import', exit: 'usage', hint, ...(cause !== undefined && { cause }) })
}

/** Parses the JSON of an input. Throws `bad-import` (104). */
export function parseInput(text: string, kind: string, hint: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/u, ''))
  } catch (error) {
    return badImport(`the ${kind} is no JSON`, hint, error)
  }
}

/** What stands in a profile for a text that must be sent as it is: neither a hole nor a reference to the environment. */
export function literal(text: string): string {
  return text.replaceAll('{{', '\\{{').replaceAll('${env:', '{{dollar}}{env:')
}

/** The variable that `literal` uses, where a text of the document names it. */
function variablesFor(requests: readonly JsonObject[]): { readonly variables?: JsonObject } {
  return JSON.stringify(requests).includes('{{dollar}}') ? { variables: { dollar: '$' } } : {}
}

/** A request as a profile writes it; what is as by default is left out. */
function requestDocument({ method, path, headers, body, status, name, pauseMs = 0 }: FoundRequest): JsonObject {
  const texts = Object.entries(headers).map(([key, value]) => [key, literal(value)])
  return {
    ...(name !== undefined && { name }),
    ...(method !== 'GET' && { method }),
    path: literal(path),
    ...(texts.length > 0 && { headers: Object.fromEntries(texts) as JsonObject }),
    ...(typeof body === 'string' ? body !== '' && { body: literal(body) } : { body }),
    ...(status !== 200 && { expect: { status: status ?? null } }),
    ...(pauseMs >= 1 && { pause: `${Math.round(pauseMs)}ms` }),
  }
}

/** One line without references to the environment, which would be filled in. */
function plainName(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .replaceAll('${env:', '$env:')
}

/** Gives names to requests whose default ones would not differ. */
function named(requests: readonly FoundRequest[]): FoundRequest[] {
  const taken = new Set<string>()
  return requests.map((request) => {
    const wanted = plainName(request.name ?? '') || plainName(`${request.method} ${request.path}`)
    let name = request.name === undefined ? wanted : wanted.slice(0, longestName)
    for (let number = 2; taken.has(name); number++) {
      const suffix = ` (${number})`
      name = wanted.slice(0, longestName - suffix.length) + suffix
    }
    taken.add(name)
    return request.name === undefined && name === wanted ? request : { ...request, name }
  })
}

/** The profile of a mix of requests; equal ones become one of their weight. */
export function mixOf(origin: string, connection: JsonObject, requests: readonly FoundRequest[]): JsonObject {
  const merged = new Map<string, { readonly request: FoundRequest; weight: number }>()
  for (const request of requests) {
    const key = JSON.stringify(request)
    const known = merged.get(key)
    if (known) known.weight++
    else merged.set(key, { request, weight: 1 })
  }
  const weights = [...merged.values()].map(({ weight }) => weight)
  const documents = named([...merged.values()].map(({ request }) => request)).map((request, index) => ({
    ...requestDocument(request),
    ...(weights[index] !== 1 && { weight: weights[index] }),
  }))
  return profileOf(origin, { ...connection, ...variablesFor(documents), requests: documents })
}

/** The profile of one scenario of all requests, in their order. */
export function scenarioOf(origin: string, connection: JsonObject, requests: readonly FoundRequest[]): JsonObject {
  const steps = named(requests).map(requestDocument)
  return profileOf(origin, { ...connection, ...variablesFor(steps), scenarios: [{ name: 'recorded', steps }] })
}

function profileOf(origin: string, workload: JsonObject): JsonObject {
  return { target: { url: withPort(origin) }, workload: { protocol: 'http', ...workload } }
}

/** `http://HOST:PORT`, the port of the scheme written out. */
function withPort(origin: string): string {
  const { protocol, hostname, port } = new URL(origin)
  return `${protocol}//${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`
}

/** The origin that a user has named. Throws `bad-import` (104). */
export function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url && /^https?:$/u.test(url.protocol) && url.href === `${url.origin}/`) return url.origin
  return badImport(`${JSON.stringify(text)} is no origin`, 'Write it as http://HOST:PORT.')
}

/** Notes of an origin that is not this machine: soakrig asks before it sends load anywhere else. */
export function noteOrigin(origin: string, notes: Notes): void {
  const { hostname } = new URL(origin)
  if (/^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/u.test(hostname)) return
  notes.add(`the target ${hostname} is not this machine: name it with --allow-host, or change target.url`)
}
