import { Buffer } from 'node:buffer'
import { isRecord, stepsOf, valueAtSteps } from '../kernel/json.ts'
import { formatNs } from '../kernel/units.ts'
import { BodyView, noJson, shown } from './body-view.ts'
import type { Check, CompiledChecks } from './expect.ts'
import type { Reply } from './reply.ts'

/** One check, ready to run: null when it holds. */
type Run = (reply: Reply, body: BodyView, elapsedNs: number) => string | null

const noChecks: CompiledChecks = { kept: { headers: false, body: false }, run: () => null }

/** Makes checks ready to run many times, in their order; the first that does not hold is told. Patterns must be valid. */
export function compileChecks(checks: readonly Check[]): CompiledChecks {
  if (checks.length === 0) return noChecks
  const runs = checks.map(compile)
  const keepsBody = checks.some(({ kind }) => readsBody.has(kind))
  const view = new BodyView()
  return {
    kept: { headers: checks.some(({ kind }) => readsHeaders.has(kind)), body: keepsBody },
    run(reply, elapsedNs) {
      if (keepsBody) view.show(reply.body())
      let problem: string | null = null
      for (let index = 0; index < runs.length && problem === null; index++)
        problem = (runs[index] as Run)(reply, view, elapsedNs)
      view.leave()
      return problem
    },
  }
}

const readsBody: ReadonlySet<Check['kind']> = new Set(['body-contains', 'body-matches', 'json'])
const readsHeaders: ReadonlySet<Check['kind']> = new Set(['header', 'header-matches'])

function compile(check: Check): Run {
  switch (check.kind) {
    case 'header':
      return headerEquals(check.name.toLowerCase(), check.equals)
    case 'header-matches':
      return headerMatches(check.name.toLowerCase(), check.pattern)
    case 'body-contains':
      return bodyContains(check.text)
    case 'body-matches':
      return bodyMatches(check.pattern)
    case 'json':
      return jsonEquals(check.pointer, check.equals)
    case 'size':
      return sizeWithin(check.minBytes, check.maxBytes)
    case 'time':
      return timeWithin(check.maxNs)
  }
}

function headerEquals(name: string, equals: string): Run {
  return (reply) => {
    const value = reply.header(name)
    return value === equals ? null : `header ${name} is ${found(value)}, expected ${shown(equals)}`
  }
}

function headerMatches(name: string, source: string): Run {
  const pattern = new RegExp(source, 'u')
  return (reply) => {
    const value = reply.header(name)
    if (value !== null && pattern.test(value)) return null
    return `header ${name} is ${found(value)}, expected to match ${source}`
  }
}

const found = (header: string | null): string => (header === null ? 'missing' : shown(header))

function bodyContains(text: string): Run {
  const bytes = Buffer.from(text)
  return (_, body) => (body.bytes.includes(bytes) ? null : `the body does not contain ${shown(text)}`)
}

function bodyMatches(source: string): Run {
  const pattern = new RegExp(source, 'u')
  return (_, body) => (pattern.test(body.text) ? null : `the body does not match ${source}`)
}

function jsonEquals(pointer: string, equals: unknown): Run {
  const steps = stepsOf(pointer)
  const place = pointer === '' ? 'the body' : pointer
  return (_, { json }) => {
    if (json === noJson) return 'the body is no JSON'
    const value = valueAtSteps(json, steps)
    if (sameJson(value, equals)) return null
    return `${place} is ${value === undefined ? 'missing' : shown(value)}, expected ${shown(equals)}`
  }
}

function sizeWithin(minBytes: number, maxBytes: number): Run {
  const expected =
    minBytes === maxBytes
      ? `${minBytes}`
      : maxBytes === Number.MAX_SAFE_INTEGER
        ? `at least ${minBytes}`
        : `${minBytes} to ${maxBytes}`
  return (reply) => {
    // A protocol that does not tell its body apart is judged by all it received.
    const bytes = reply.bodyBytes ?? reply.sizeBytes
    return bytes >= minBytes && bytes <= maxBytes ? null : `received ${bytes} bytes, expected ${expected}`
  }
}

function timeWithin(maxNs: number): Run {
  return (_, __, elapsedNs) =>
    elapsedNs <= maxNs ? null : `took ${formatNs(elapsedNs)}, expected at most ${formatNs(maxNs)}`
}

/** Equality of JSON values: types count, the order of keys does not. */
function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a))
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => sameJson(item, b[index]))
  if (!isRecord(a) || !isRecord(b)) return false
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key], b[key]))
}
