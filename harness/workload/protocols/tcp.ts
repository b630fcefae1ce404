import type { Problem } from '../../kernel/errors.ts'
import { found, type JsonObject } from '../../kernel/json.ts'
import { type JsonSchema, objectSchema, quantitySchema } from '../../kernel/json-schema.ts'
import { sizeBytes } from '../../kernel/units.ts'
import { withHolesAs } from '../holes.ts'
import {
  bytesOf,
  type Encoding,
  exchangeName,
  exchangeProblems,
  exchangeSchemas,
  normalised,
  type RawExchange,
  unansweredExchange,
} from '../message-text.ts'
import type { Look, ProtocolMember } from '../protocol-member.ts'
import type { TlsSettings } from '../tls.ts'
import { parseTls, type RawTls, tlsProblems, tlsSchema } from '../tls-settings.ts'

/** How messages are told apart in a stream of bytes. */
export type Framing =
  /** Ends with the delimiter, which is not part of it. */
  | { readonly kind: 'line'; readonly delimiter: string }
  /** Begins with its length as an unsigned big-endian number of so many bytes. */
  | { readonly kind: 'length-prefixed'; readonly prefixBytes: 1 | 2 | 4 }
  /** Has always this size. */
  | { readonly kind: 'fixed'; readonly sizeBytes: number }

export interface TcpConnection {
  readonly framing: Framing
  readonly tls: TlsSettings | null
  /** A message longer than this is of class `protocol`. */
  readonly maxMessageBytes: number
}

/** One message and the answers that end the operation; framing is added when it is sent. */
export interface TcpMessage {
  readonly send: string
  readonly encoding: Encoding
  /** Messages to wait for; 0: done when it has been written. The last one is compared and checked. */
  readonly replies: number
}

type RawFraming =
  | 'line'
  | { readonly line: string }
  | { readonly lengthPrefixed: 1 | 2 | 4 }
  | { readonly fixed: string }

interface RawTcp {
  readonly framing: RawFraming
  readonly tls?: RawTls
  readonly maxMessage: string
}

const framingSchema: JsonSchema = {
  description: 'How messages are told apart: "line" (ended by a line feed), or one of line, lengthPrefixed and fixed',
  default: 'line',
  if: { type: 'object' },
  then: {
    ...objectSchema(
      {
        line: { type: 'string', minLength: 1, description: 'Text that ends each message, such as "\\r\\n"' },
        lengthPrefixed: { enum: [1, 2, 4], description: 'Bytes of the big-endian length before each message' },
        fixed: quantitySchema('size', 'Size of each message'),
      },
      { description: 'one of line, lengthPrefixed and fixed' },
    ),
    minProperties: 1,
    dependencies: {
      line: { properties: { lengthPrefixed: false, fixed: false } },
      lengthPrefixed: { properties: { fixed: false } },
    },
  },
  else: { enum: ['line'], description: 'or an object with line, lengthPrefixed or fixed' },
}

/** Messages in a stream of bytes. */
export const tcp: ProtocolMember<TcpConnection, TcpMessage> = {
  keyword: 'tcp',
  connection: {
    properties: {
      framing: framingSchema,
      tls: tlsSchema,
      maxMessage: { ...quantitySchema('size', 'The longest message that is taken'), default: '1mib' },
    },
  },
  request: { properties: { ...exchangeSchemas }, required: ['send'] },
  expects: ['body', 'contains', 'matches', 'json', 'size', 'time'],
  extracts: ['json', 'matches'],

  parseConnection(document, place) {
    const { framing, tls, maxMessage } = document as unknown as RawTcp
    return { framing: parseFraming(framing), tls: parseTls(tls, place), maxMessageBytes: sizeBytes(maxMessage) }
  },

  parseMessage(document) {
    const { send, encoding, replies } = document as unknown as RawExchange
    return { send, encoding, replies }
  },

  connectionProblems(document, { where, sound, place }) {
    const raw = document as unknown as RawTcp
    const nothing = (key: string, size: unknown): Problem[] =>
      sizeBytes(size) > 0 ? [] : [{ where: where + key, message: `found ${found(size)}, allowed: more than 0b` }]
    const fixed = sound('/framing') && typeof raw.framing === 'object' && 'fixed' in raw.framing
    return [
      ...(fixed ? nothing('/framing/fixed', (raw.framing as { readonly fixed: string }).fixed) : []),
      ...(sound('/maxMessage') ? nothing('/maxMessage', raw.maxMessage) : []),
      ...(sound('/tls') ? tlsProblems(raw.tls, `${where}/tls`, place) : []),
    ]
  },

  requestProblems(document, look, workload) {
    const raw = document as unknown as RawExchange
    const written = exchangeProblems(raw, look)
    if (written.length > 0 || !workload.sound('/framing')) return written
    return framingProblems(raw, look, (workload.raw as unknown as RawTcp).framing)
  },

  messageProblem: ({ send, encoding }, { framing }) => misfit(bytesOf(send, encoding), framing),
  unanswered: (raw) => unansweredExchange(raw as unknown as RawExchange),
  expectedBody: (body, raw) => normalised(body, raw as unknown as RawExchange),
  nameOf: (raw: JsonObject) => exchangeName(raw as unknown as RawExchange),
  isIdempotent: () => false,
}

function parseFraming(raw: RawFraming): Framing {
  if (raw === 'line') return { kind: 'line', delimiter: '\n' }
  if ('line' in raw) return { kind: 'line', delimiter: raw.line }
  if ('lengthPrefixed' in raw) return { kind: 'length-prefixed', prefixBytes: raw.lengthPrefixed }
  return { kind: 'fixed', sizeBytes: sizeBytes(raw.fixed) }
}

/** Whether a request's message fits the framing; one with holes is judged as far as it is known, and again once they are filled. */
function framingProblems({ send, encoding }: RawExchange, { where, sound }: Look, raw: RawFraming): Problem[] {
  if (!sound('/send') || !sound('/encoding')) return []
  const framing = parseFraming(raw)
  if (send.includes('{{') && framing.kind === 'fixed') return []
  const problem = misfit(bytesOf(withHolesAs(send, ''), encoding), framing)
  return problem === null ? [] : [{ where: `${where}/send`, message: problem }]
}

/** Why bytes cannot be one message of a framing, or null. */
function misfit(bytes: Buffer, framing: Framing): string | null {
  switch (framing.kind) {
    case 'line':
      return bytes.includes(framing.delimiter)
        ? `found ${found(framing.delimiter)} in it, which ends a message, allowed: one message`
        : null
    case 'length-prefixed': {
      const most = 2 ** (8 * framing.prefixBytes) - 1
      return bytes.length <= most ? null : `found ${bytes.length} bytes, allowed: at most ${most}, the largest length`
    }
    case 'fixed':
      return bytes.length === framing.sizeBytes
        ? null
        : `found ${bytes.length} bytes, allowed: ${framing.sizeBytes}, as each message has`
  }
}
