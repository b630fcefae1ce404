import { found, isRecord, type JsonObject } from '../../kernel/json.ts'
import { didYouMean, quoted } from '../../kernel/suggest.ts'
import { faultsProblems, parseFaults } from '../faults.ts'
import type { Layer } from '../rule.ts'
import { plainRule } from '../rules.ts'
import { ApiFailure, badBody } from './failure.ts'

/** A toxic as the API shows it. */
export interface Toxic {
  readonly attributes: Readonly<Record<string, number>>
  /** Unique on its proxy. */
  readonly name: string
  readonly type: string
  /** `upstream`: from client to server. */
  readonly stream: 'upstream' | 'downstream'
  /** Share of connections that it acts on. */
  readonly toxicity: number
}

/** What numbers an attribute may have; it is 0 where it is absent. */
interface Attribute {
  readonly whole: boolean
  readonly min: number
  readonly max: number
}

/** What one type of toxic has, and which of our faults it is. */
interface ToxicType {
  readonly attributes: Readonly<Record<string, Attribute>>
  /** A `fault` as a profile holds it, or what is under `uplink` or `downlink` there. */
  readonly fault: (attributes: Readonly<Record<string, number>>) => JsonObject
  readonly directional: boolean
}

const whole: Attribute = { whole: true, min: 0, max: Number.MAX_SAFE_INTEGER }
const positive: Attribute = { ...whole, min: 1 }
const share: Attribute = { whole: false, min: 0, max: 1 }

const milliseconds = (count = 0): string => `${count}ms`
const bytes = (count = 0): string => `${count}b`

/** Toxiproxy's kilobyte has 1000 bytes, and its rate counts bytes where ours counts bits. */
const kbpsPerRate = 8

/** The toxics of Toxiproxy 2.12; docs/relay.md says where ours differ. */
const types: Readonly<Record<string, ToxicType>> = {
  latency: {
    attributes: { latency: whole, jitter: whole },
    directional: true,
    fault: ({ latency, jitter }) => ({ latency: { delay: milliseconds(latency), jitter: milliseconds(jitter) } }),
  },
  bandwidth: {
    attributes: { rate: positive },
    directional: true,
    fault: ({ rate = 0 }) => ({ rate: `${rate * kbpsPerRate}kbps` }),
  },
  slow_close: {
    attributes: { delay: whole },
    directional: true,
    fault: ({ delay }) => ({ slowClose: { delay: milliseconds(delay) } }),
  },
  timeout: {
    attributes: { timeout: whole },
    directional: false,
    fault: ({ timeout }) => ({ hang: { probability: 1, ...(timeout && { timeout: milliseconds(timeout) }) } }),
  },
  reset_peer: {
    attributes: { timeout: whole },
    directional: false,
    fault: ({ timeout }) => ({ reset: { probability: 1, ...(timeout && { after: milliseconds(timeout) }) } }),
  },
  slicer: {
    attributes: { average_size: positive, size_variation: whole, delay: whole },
    directional: true,
    fault: ({ average_size: size, size_variation: variation, delay }) => ({
      slicer: { size: bytes(size), variation: bytes(variation), delay: `${delay ?? 0}us` },
    }),
  },
  limit_data: {
    attributes: { bytes: whole },
    directional: true,
    fault: ({ bytes: count }) => ({ limit: { after: bytes(count) } }),
  },
  packet_loss: {
    attributes: { loss_rate: share, correlation: share },
    directional: true,
    fault: ({ loss_rate: rate = 0, correlation = 0 }) => ({ loss: lossOf(rate, correlation) }),
  },
}

/** After a loss the next is lost with `rate + correlation`: a Gilbert-Elliott chain whose bad state is "just lost". */
function lossOf(rate: number, correlation: number): JsonObject {
  if (correlation === 0) return { probability: rate }
  return { gilbertElliott: { goodToBad: rate, badToGood: 1 - Math.min(1, rate + correlation) } }
}

/** The toxic that a body describes. Throws `ApiFailure`. */
export function createToxic(body: unknown): Toxic {
  const { type, name, stream = 'downstream', toxicity = 1, attributes = {} } = fieldsOf(body)
  if (stream !== 'upstream' && stream !== 'downstream')
    throw new ApiFailure(`stream was invalid, can be either upstream or downstream; found ${found(stream)}`, 400)
  const toxicType = typeOf(type)
  if (name !== undefined && typeof name !== 'string') throw badBody(`name: found ${found(name)}, allowed: text`)
  return checked({
    attributes: attributesOf(toxicType, attributes, {}),
    name: name || `${String(type)}_${stream}`,
    type: String(type),
    stream,
    toxicity: numberOf('toxicity', toxicity, share),
  })
}

/** The toxic with what a body changes: attributes and toxicity; all else of it stays, as in Toxiproxy. Throws `ApiFailure`. */
export function updateToxic(toxic: Toxic, body: unknown): Toxic {
  const { toxicity = toxic.toxicity, attributes = {} } = fieldsOf(body)
  return checked({
    ...toxic,
    attributes: attributesOf(typeOf(toxic.type), attributes, toxic.attributes),
    toxicity: numberOf('toxicity', toxicity, share),
  })
}

/** The layer that does what a toxic says: each is one of its own, so that all toxics of a proxy act. */
export function layerOf(toxic: Toxic): Layer {
  const rule = { ...plainRule(toxic.type, parseFaults(rawFaultOf(toxic))), connections: toxic.toxicity }
  return { name: toxic.name, rules: [rule] }
}

function rawFaultOf({ type, stream, attributes }: Toxic): JsonObject {
  const { fault, directional } = typeOf(type)
  const raw = fault(attributes)
  return directional ? { [stream === 'upstream' ? 'uplink' : 'downlink']: raw } : raw
}

/** What the fault itself says of its settings is told too, such as a delay beyond a year. */
function checked(toxic: Toxic): Toxic {
  const problems = faultsProblems(rawFaultOf(toxic), '')
  if (problems.length === 0) return toxic
  throw badBody(problems.map(({ where, message }) => `${where}: ${message}`).join('; '))
}

function fieldsOf(body: unknown): JsonObject {
  if (isRecord(body)) return body
  throw badBody(`found ${found(body)}, allowed: an object`)
}

function typeOf(name: unknown): ToxicType {
  const type = typeof name === 'string' && Object.hasOwn(types, name) ? types[name] : undefined
  if (type) return type
  const known = Object.keys(types)
  const near = typeof name === 'string' ? didYouMean(name, known) : ''
  throw new ApiFailure(`invalid toxic type: found ${found(name)}, allowed: ${quoted(known)}${near}`, 400)
}

function attributesOf(
  { attributes }: ToxicType,
  given: unknown,
  before: Readonly<Record<string, number>>,
): Record<string, number> {
  if (!isRecord(given)) throw badBody(`attributes: found ${found(given)}, allowed: an object`)
  const known = Object.keys(attributes)
  const unknown = Object.keys(given).find((name) => !known.includes(name))
  if (unknown !== undefined) throw badBody(`attributes: found ${found(unknown)}, allowed: ${quoted(known)}`)
  return Object.fromEntries(
    Object.entries(attributes).map(([name, allowed]) => [
      name,
      numberOf(`attributes.${name}`, given[name] ?? before[name] ?? 0, allowed),
    ]),
  )
}

function numberOf(name: string, value: unknown, { whole: mustBeWhole, min, max }: Attribute): number {
  const fits = typeof value === 'number' && value >= min && value <= max && (!mustBeWhole || Number.isInteger(value))
  if (fits) return value
  const allowed = mustBeWhole ? `a whole number from ${min}` : `a number from ${min} to ${max}`
  throw badBody(`${name}: found ${found(value)}, allowed: ${allowed}`)
}
