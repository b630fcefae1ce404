import type { Problem } from '../kernel/errors.ts'
import { type JsonSchema, objectSchema, quantitySchema } from '../kernel/json-schema.ts'
import { durationNs } from '../kernel/units.ts'
import { found, isRecord, step, valueAt } from './document.ts'
import { quoted } from './suggest.ts'

/** What is asked of the target. */
export interface Workload {
  readonly protocol: 'http'
  /** Limit of one operation. */
  readonly timeoutNs: number
  readonly requests: readonly HttpRequest[]
}

/** One kind of request of the mix. */
export interface HttpRequest {
  /** Unique in the workload. */
  readonly name: string
  readonly method: string
  /** Path and query, as sent. */
  readonly path: string
  /** Its part in the mix, relative to the other weights; over 0. */
  readonly weight: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly expect: Expected
  /** Whether sending it twice is the same as sending it once. */
  readonly idempotent: boolean
}

/** What the answer must be; anything else is a failure. */
export interface Expected {
  /** Null for any from 200 to 399. */
  readonly status: number | null
  /** Null for any. */
  readonly body: string | null
}

/** A request as a profile holds it, after the schema's defaults. */
export interface RawRequest extends Omit<HttpRequest, 'name' | 'idempotent'> {
  readonly name?: string
  readonly idempotent?: boolean
}

/** A workload as a profile holds it, after the schema's defaults. */
export interface RawWorkload {
  readonly protocol: 'http'
  readonly timeout: string
  readonly requests: readonly RawRequest[]
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']

/** RFC 9110, section 9.2.2. */
const idempotentMethods = ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'TRACE']

/** Headers that frame the message: they are made from the body, and a wrong one would cut requests in two. */
const framing = ['connection', 'content-length', 'transfer-encoding']

const expectSchema = objectSchema(
  {
    status: {
      type: ['integer', 'null'],
      minimum: 100,
      maximum: 599,
      default: 200,
      description: 'Status that counts as a success; null for any from 200 to 399',
    },
    body: {
      type: ['string', 'null'],
      default: null,
      description: 'The whole body that counts as a success; null for any',
    },
  },
  { description: 'What the answer must be' },
)

const requestSchema = objectSchema(
  {
    name: { type: 'string', minLength: 1, maxLength: 80, description: 'Unique name; "METHOD path" when absent' },
    method: { enum: methods, default: 'GET', description: 'HTTP method' },
    path: {
      type: 'string',
      pattern: '^/[!-"$-~]*$',
      description: 'Path and query, beginning with /, without spaces or other characters to be escaped',
    },
    weight: { type: 'number', exclusiveMinimum: 0, default: 1, description: 'Part in the mix, relative to the others' },
    headers: {
      type: 'object',
      additionalProperties: { type: 'string' },
      default: {},
      description: 'Headers besides those of the connection and the length',
    },
    body: { type: 'string', default: '', description: 'Body, sent as UTF-8' },
    expect: { ...expectSchema, default: {} },
    idempotent: {
      type: 'boolean',
      description: `May be repeated; true when absent for ${idempotentMethods.join(', ')}`,
    },
  },
  { required: ['path'], description: 'One kind of request' },
)

/** Schema of a profile's `workload`. */
export const workloadSchema: JsonSchema = {
  ...objectSchema(
    {
      protocol: { enum: ['http'], default: 'http', description: 'Protocol of the requests' },
      timeout: { ...quantitySchema('duration', 'Limit of one operation'), default: '5s' },
      requests: {
        type: 'array',
        items: requestSchema,
        minItems: 1,
        default: [{ path: '/' }],
        description: 'The mix of requests; each operation draws one by weight',
      },
    },
    { description: 'What is asked of the target' },
  ),
  default: {},
}

/** The name of a request that was given none. */
export function requestName({ name, method, path }: Pick<RawRequest, 'name' | 'method' | 'path'>): string {
  return name ?? `${method} ${path}`
}

/** Whether a request may be repeated, by its method where it does not say. */
export function isIdempotent({ idempotent, method }: Pick<RawRequest, 'idempotent' | 'method'>): boolean {
  return idempotent ?? idempotentMethods.includes(method)
}

/** What the schema cannot say of a workload; only places for which `sound` holds are looked at. */
export function workloadProblems(raw: unknown, sound: (pointer: string) => boolean): Problem[] {
  const list = valueAt(raw, '/requests')
  const requests = (Array.isArray(list) ? list : [])
    .map((request, index) => ({ request: request as RawRequest, pointer: `/workload/requests/${index}` }))
    .filter(({ request }) => isRecord(request))
  const headers = requests.filter(({ pointer }) => sound(`${pointer}/headers`))
  const idle = isRecord(raw) && sound('/workload/timeout') && durationNs(raw['timeout']) === 0
  return [
    ...(idle ? [{ where: '/workload/timeout', message: 'found no time at all, allowed: more than 0' }] : []),
    ...repeatedNames(requests.filter(({ pointer }) => sound(pointer))),
    ...headers.flatMap(({ request, pointer }) => headerProblems(request.headers, `${pointer}/headers`)),
  ]
}

function repeatedNames(requests: readonly { readonly request: RawRequest; readonly pointer: string }[]): Problem[] {
  const names = requests.map(({ request }) => requestName(request))
  return requests.flatMap(({ request, pointer }, index) => {
    const name = names[index] ?? ''
    if (names.indexOf(name) === index) return []
    const hint = request.name === undefined ? ', the name it has by default: give it one' : ''
    return [{ where: `${pointer}/name`, message: `found ${found(name)} once more${hint}, allowed: names that differ` }]
  })
}

function headerProblems(headers: RawRequest['headers'], pointer: string): Problem[] {
  return Object.entries(headers).flatMap(([name, value]) => {
    const where = pointer + step(name)
    if (!/^[!#$%&'*+.^_`|~\w-]+$/u.test(name))
      return [{ where, message: `found ${found(name)}, allowed: a header name` }]
    if (framing.includes(name.toLowerCase()))
      return [
        { where, message: `found ${found(name)}, allowed: any but ${quoted(framing)}, which soakrig sends itself` },
      ]
    if (/[^\t\x20-\x7e\x80-\xff]/u.test(value))
      return [{ where, message: `found ${found(value)}, allowed: one line of Latin-1 text` }]
    return []
  })
}

/** Reads a workload that has no problems. */
export function parseWorkload({ protocol, timeout, requests }: RawWorkload): Workload {
  return {
    protocol,
    timeoutNs: durationNs(timeout),
    requests: requests.map((raw) => ({ ...raw, name: requestName(raw), idempotent: isIdempotent(raw) })),
  }
}
