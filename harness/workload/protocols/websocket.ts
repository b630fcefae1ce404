import { isRecord, type JsonObject } from '../../kernel/json.ts'
import { headerProblems, pathProblems } from '../header-problems.ts'
import { deadHoleProblems } from '../hole-problems.ts'
import {
  type Encoding,
  exchangeName,
  exchangeProblems,
  exchangeSchemas,
  normalised,
  type RawExchange,
  unansweredExchange,
} from '../message-text.ts'
import type { ProtocolMember } from '../protocol-member.ts'
import type { TlsSettings } from '../tls.ts'
import { parseTls, type RawTls, tlsProblems, tlsSchema } from '../tls-settings.ts'

/** How WebSocket connections are opened (RFC 6455). */
export interface WebSocketConnection {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly subprotocols: readonly string[]
  readonly tls: TlsSettings | null
}

/** One message and the answers that end the operation. */
export interface WebSocketMessage {
  readonly send: string
  /** How `send` is written: `text` goes out as a text message, the others as a binary one. */
  readonly encoding: Encoding
  /** Messages to wait for; 0: done when it has been written. The last one is compared and checked. */
  readonly replies: number
}

interface RawWebSocket {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly subprotocols: readonly string[]
  readonly tls?: RawTls
}

/** Headers of the handshake (RFC 6455, section 4.1). */
const handshakeHeaders = [
  'upgrade',
  'sec-websocket-key',
  'sec-websocket-version',
  'sec-websocket-protocol',
  'sec-websocket-extensions',
]

/** Messages over WebSocket. */
export const websocket: ProtocolMember<WebSocketConnection, WebSocketMessage> = {
  keyword: 'websocket',
  connection: {
    properties: {
      path: { type: 'string', pattern: '^/', default: '/', description: 'Path and query of the handshake' },
      headers: {
        type: 'object',
        additionalProperties: { type: 'string' },
        default: {},
        description: 'Headers of the handshake besides its own',
      },
      subprotocols: {
        type: 'array',
        items: { type: 'string', pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$" },
        uniqueItems: true,
        default: [],
        description: 'Subprotocols to offer, the best one first',
      },
      tls: tlsSchema,
    },
  },
  request: { properties: { ...exchangeSchemas }, required: ['send'] },
  expects: ['body', 'contains', 'matches', 'json', 'size', 'time'],
  extracts: ['json', 'matches'],

  parseConnection(document, place) {
    const { path, headers, subprotocols, tls } = document as unknown as RawWebSocket
    return { path, headers, subprotocols, tls: parseTls(tls, place) }
  },

  parseMessage(document) {
    const { send, encoding, replies } = document as unknown as RawExchange
    return { send, encoding, replies }
  },

  connectionProblems(document, { where, sound, place }) {
    const raw = document as unknown as RawWebSocket
    return [
      ...(sound('/path') ? pathProblems(raw.path, `${where}/path`) : []),
      ...(sound('/headers') ? headerProblems(raw.headers, `${where}/headers`, handshakeHeaders) : []),
      ...(sound('/tls') ? tlsProblems(raw.tls, `${where}/tls`, place) : []),
      ...deadHoleProblems(raw.path, `${where}/path`),
      ...(isRecord(raw.headers) ? deadHoleProblems(raw.headers, `${where}/headers`) : []),
    ]
  },

  requestProblems: (raw, look) => exchangeProblems(raw as unknown as RawExchange, look),
  unanswered: (raw) => unansweredExchange(raw as unknown as RawExchange),
  expectedBody: (body, raw) => normalised(body, raw as unknown as RawExchange),
  nameOf: (raw: JsonObject) => exchangeName(raw as unknown as RawExchange),
  isIdempotent: () => false,
}
