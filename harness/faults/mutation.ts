import { Buffer } from 'node:buffer'
import { type JsonSchema, objectSchema, quantitySchema } from '../kernel/json-schema.ts'
import { shareOf, sizeBytes } from '../kernel/units.ts'
import { hits } from './chance.ts'
import { type FaultMember, type StageContext, unnoticed } from './fault.ts'
import { type Mutation, mutator } from './mutators.ts'
import { parameter, shareScale } from './parameter.ts'
import { datagramWith, pieceWith } from './piece-part.ts'

/** A mutation, and the packets that it hits. */
export interface MutationSettings {
  readonly mutation: Mutation
  readonly probability: number
  /** Of the packets of a size that counts: only each so-manieth may be hit. */
  readonly every: number
  readonly minBytes: number
  /** Null: any size. */
  readonly maxBytes: number | null
  readonly dryRun: boolean
}

/** Text is UTF-8. */
type RawBytes = string | { readonly hex: string }

/** What a type of mutation takes; what is required of it comes first. */
interface RawPart {
  readonly size?: string
  readonly data?: RawBytes
  readonly find?: RawBytes
  readonly replace?: RawBytes
  readonly at?: number
  readonly to?: number
}

interface RawMutation extends RawPart {
  readonly type: Mutation['type']
  readonly probability?: string | number
  readonly every?: number
  readonly minSize?: string
  readonly maxSize?: string
  readonly dryRun?: boolean
}

/** The settings that each type needs, and those that it may have. */
const parts: Readonly<
  Record<Mutation['type'], { readonly needs: readonly (keyof RawPart)[]; readonly takes: readonly (keyof RawPart)[] }>
> = {
  truncate: { needs: ['size'], takes: [] },
  corruptBytes: { needs: [], takes: ['size'] },
  injectBytes: { needs: ['data'], takes: ['at'] },
  replacePattern: { needs: ['find', 'replace'], takes: [] },
  corruptEncoding: { needs: [], takes: [] },
  swapBytes: { needs: [], takes: ['at', 'to'] },
}

const partKeys = ['size', 'data', 'find', 'replace', 'at', 'to'] as const

function bytesSchema(description: string): JsonSchema {
  const hex = objectSchema(
    { hex: { type: 'string', pattern: '^([0-9a-fA-F]{2})*$', description: 'In hexadecimal digits' } },
    { required: ['hex'] },
  )
  return { description: `${description}: text, or { "hex": "00ff" }`, anyOf: [{ type: 'string' }, hex] }
}

function offsetSchema(description: string): JsonSchema {
  return { type: 'integer', minimum: 0, description }
}

/**
 * Changes bytes on their way: a test of parsers, and no property of any network, whose checksums would turn this into loss.
 * The only fault of streams that does not leave their bytes intact; so it is never on unless asked for.
 *
 * A packet is a datagram; of a stream, which has none, it is the first piece of each message: what the relay's first read
 * of it got, which for a message below 64 KiB is all of it, as a rule. What follows of a message passes as it is. A stream
 * that is made shorter or longer stays so: what its reader makes of the rest, such as waiting for the bytes that are
 * missing, is its own affair. Packets count by connection and direction, from 1; chance is drawn for those only whose turn
 * it is. A mutation that leaves a packet as it was has not fired. A dry run counts likewise, and changes nothing.
 */
export const mutation: FaultMember<MutationSettings> = {
  keyword: 'mutation',
  schema: objectSchema(
    {
      type: { enum: Object.keys(parts), description: 'What is done to a packet' },
      size: quantitySchema('size', 'bytes that remain (truncate), or bytes that change (corruptBytes, default 1)'),
      data: bytesSchema('What is put in (injectBytes)'),
      find: bytesSchema('What is looked for (replacePattern)'),
      replace: bytesSchema('What is put in its place (replacePattern)'),
      at: offsetSchema('Offset at which it is put in (injectBytes), or of the first byte (swapBytes); default 0'),
      to: offsetSchema('Offset of the other byte (swapBytes); default the one after'),
      probability: { ...quantitySchema('share', 'share of packets, drawn once for each'), default: 1 },
      every: { type: 'integer', minimum: 1, default: 1, description: 'Only each so-manieth packet, by count' },
      minSize: quantitySchema('size', 'smaller packets do not count'),
      maxSize: quantitySchema('size', 'larger packets do not count'),
      dryRun: { type: 'boolean', default: false, description: 'Counts what would be changed, and changes nothing' },
    },
    { required: ['type'], description: 'Changes bytes on their way.' },
  ),
  directional: true,

  parse(raw) {
    const { probability = 1, every = 1, minSize, maxSize, dryRun = false, ...rest } = raw as RawMutation
    const [minBytes, maxBytes] = [minSize ? sizeBytes(minSize) : 0, maxSize ? sizeBytes(maxSize) : null]
    if (maxBytes !== null && maxBytes < minBytes)
      throw new RangeError(`found a minSize of ${minSize} and a maxSize of ${maxSize}, allowed: a maxSize no smaller`)
    return { mutation: parseMutation(rest), probability: shareOf(probability), every, minBytes, maxBytes, dryRun }
  },

  active: ({ probability }) => probability > 0,

  parameters: [parameter('probability', 'probability', shareScale)],

  stream(settings, context) {
    const mutate = packetMutator(settings, context)
    let message: number | null = null
    return {
      push(piece, next) {
        const first = piece.message !== message
        message = piece.message
        const bytes = first ? mutate(piece.bytes, piece.arrivedNs) : piece.bytes
        if (bytes === piece.bytes) return next(piece)
        // Where nothing is left of it there is nothing to pass on.
        if (bytes.length > 0) next(pieceWith(piece, bytes, piece.wireBytes + bytes.length - piece.bytes.length))
      },
    }
  },

  datagram(settings, context) {
    const mutate = packetMutator(settings, context)
    return {
      push(datagram, next) {
        const bytes = mutate(datagram.bytes, datagram.arrivedNs)
        next(bytes === datagram.bytes ? datagram : datagramWith(datagram, bytes))
      },
    }
  },

  expect: ({ dryRun }, { direction }) => {
    if (dryRun) return { ...unnoticed, firedShare: null }
    // What a reader makes of other bytes cannot be said: nothing, a failure, or a wait for what is missing.
    const undelivered = direction === 'uplink' ? null : 0
    return { delayMs: null, firedShare: null, errorShare: null, errorClasses: ['timeout'], undelivered }
  },
}

function parseMutation({ type, ...part }: RawPart & Pick<RawMutation, 'type'>): Mutation {
  const { needs, takes } = parts[type]
  const missing = needs.filter((key) => part[key] === undefined)
  const foreign = partKeys.filter((key) => part[key] !== undefined && ![...needs, ...takes].includes(key))
  if (missing.length > 0 || foreign.length > 0) {
    const what = [...missing.map((key) => `no ${key}`), ...foreign].join(', ')
    const allowed = [...needs, ...takes.map((key) => `${key} (optional)`)].join(', ') || 'none of its own'
    throw new RangeError(`found ${what} with the type ${type}, allowed with it: ${allowed}`)
  }
  return settingsOf(type, part)
}

function settingsOf(type: Mutation['type'], { size, data, find, replace, at = 0, to = at + 1 }: RawPart): Mutation {
  switch (type) {
    case 'truncate':
      return { type, sizeBytes: sizeBytes(size) }
    case 'corruptBytes':
      return { type, sizeBytes: size === undefined ? 1 : atLeastOne('size', sizeBytes(size)) }
    case 'injectBytes': {
      const hex = hexOf(data)
      atLeastOne('data', hex.length)
      return { type, hex, at }
    }
    case 'replacePattern': {
      const pattern = hexOf(find)
      atLeastOne('find', pattern.length)
      return { type, find: pattern, replace: hexOf(replace) }
    }
    case 'swapBytes':
      if (at === to) throw new RangeError(`found ${at} for both at and to, allowed: two different offsets`)
      return { type, at, to }
    case 'corruptEncoding':
      return { type }
  }
}

/** What would change nothing is refused. */
function atLeastOne(key: string, bytes: number): number {
  if (bytes === 0) throw new RangeError(`found ${key} of no bytes, allowed: at least one`)
  return bytes
}

function hexOf(bytes: RawBytes = ''): string {
  return typeof bytes === 'string' ? Buffer.from(bytes).toString('hex') : bytes.hex.toLowerCase()
}

/** What becomes of each packet of one direction of a connection: the same bytes, or changed ones. */
function packetMutator(
  { mutation: what, probability, every, minBytes, maxBytes, dryRun }: MutationSettings,
  context: StageContext,
): (bytes: Buffer, nowNs: number) => Buffer {
  const { tally, rng } = context
  const mutate = mutator(what)
  const draw = (kind: string, below: number): number =>
    context.decide(`mutation.${kind}`, () => Math.floor(rng.next() * below))
  let packets = 0
  return (bytes, nowNs) => {
    if (bytes.length < minBytes || bytes.length > (maxBytes ?? Infinity)) return bytes
    tally.eligible++
    packets++
    if (packets % every !== 0 || !hits(context, mutation.keyword, probability, nowNs)) return bytes
    const mutated = mutate(bytes, draw)
    if (mutated.equals(bytes)) return bytes
    tally.fired++
    tally.bytes += bytes.length
    return dryRun ? bytes : mutated
  }
}
