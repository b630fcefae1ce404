import { Buffer } from 'node:buffer'
import type { Problem } from '../kernel/errors.ts'
import { found } from '../kernel/json.ts'
import type { JsonSchema } from '../kernel/json-schema.ts'
import type { Look } from './protocol-member.ts'

/** How the bytes of a message are written in a profile. */
export type Encoding = 'text' | 'base64' | 'hex'

/** Keys of a request that sends one message and waits for others, as a profile holds them after the schema's defaults. */
export interface RawExchange {
  readonly send: string
  readonly encoding: Encoding
  readonly replies: number
}

/** Schemas of those keys. */
export const exchangeSchemas: Readonly<Record<keyof RawExchange, JsonSchema>> = {
  send: { type: 'string', description: 'The message' },
  encoding: { enum: ['text', 'base64', 'hex'], default: 'text', description: 'How the message is written' },
  replies: {
    type: 'integer',
    minimum: 0,
    maximum: 1_000_000,
    default: 1,
    description: 'Messages to wait for; 0: done when it has been written. The last one is compared and checked',
  },
}

/** The bytes of a message. */
export function bytesOf(text: string, encoding: Encoding): Buffer {
  return Buffer.from(text, encoding === 'text' ? 'utf8' : encoding)
}

/** What is wrong with the message of a request: bytes that are not well written, or holes in them. */
export function exchangeProblems({ send, encoding }: RawExchange, { where, sound }: Look): Problem[] {
  if (!sound('/send') || !sound('/encoding') || isWritten(send, encoding)) return []
  const allowed = send.includes('{{') ? 'no holes beside an encoding' : `${encoding} (RFC 4648)`
  return [{ where: `${where}/send`, message: `found ${found(send)}, allowed: ${allowed}` }]
}

/** True for a text that is what its encoding says, whole. */
function isWritten(text: string, encoding: Encoding): boolean {
  if (encoding === 'text') return true
  if (encoding === 'hex') return /^([0-9a-f]{2})*$/iu.test(text)
  return /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/u.test(text)
}

/** A body to compare with, in the one form in which its encoding writes those bytes. */
export function normalised(body: string, { encoding }: Pick<RawExchange, 'encoding'>): string {
  return encoding === 'text' ? body : bytesOf(body, encoding).toString(encoding)
}

/** Nothing can be asked of answers that are not waited for. */
export function unansweredExchange({ replies }: Pick<RawExchange, 'replies'>) {
  if (replies !== 0) return null
  const keys = ['body', 'contains', 'matches', 'json', 'size', 'time'] as const
  return { keys, why: 'with 0 replies nothing is waited for' }
}

/** The default name of such a request. */
export function exchangeName({ send }: Pick<RawExchange, 'send'>): string {
  const line = send.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim()
  return `send ${line.length <= 40 ? line : `${line.slice(0, 39)}…`}`.trim()
}
