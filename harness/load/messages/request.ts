import { Buffer } from 'node:buffer'
import { SoakrigError } from '../../kernel/errors.ts'
import type { CompiledChecks } from '../../workload/expect.ts'
import type { TcpMessage } from '../../workload/protocols/tcp.ts'
import type { WorkloadRequest } from '../../workload/workload.ts'
import { checksOf, keptOf } from '../checks.ts'
import type { Prepared } from '../driver.ts'

type Encoding = TcpMessage['encoding']

/** One message and the answers to wait for, made ready to be sent many times. */
export interface PreparedMessage extends Prepared {
  /** What the transport sends. */
  readonly bytes: Buffer
  readonly text: boolean
  /** Messages that end the attempt; 0: it ends when the kernel took the bytes. */
  readonly replies: number
  readonly expectBody: Buffer | null
  readonly keepsBody: boolean
  /** Null where there are none. */
  readonly checks: CompiledChecks | null
}

/**
 * Makes a message ready; `frame` adds what the protocol puts around it. Throws `message-encoding` (104) for what is no
 * hex or base64, and whatever `frame` does.
 */
export function prepareMessage(
  request: WorkloadRequest<'tcp' | 'websocket'>,
  frame: (message: Buffer) => Buffer,
): PreparedMessage {
  const { message, expect, idempotent } = request
  const { send, encoding, replies } = message
  const checks = checksOf(expect.checks)
  return {
    idempotent,
    bytes: frame(decoded(send, encoding)),
    text: encoding === 'text',
    replies,
    expectBody: expect.body === null ? null : decoded(expect.body, encoding),
    keepsBody: keptOf(request, checks).body,
    checks,
  }
}

/** Node takes what it can of a malformed text and leaves the rest out, so the text is made again and compared. */
function decoded(text: string, encoding: Encoding): Buffer {
  const bytes = Buffer.from(text, encoding === 'text' ? 'utf8' : encoding)
  if (encoding === 'text' || bytes.toString(encoding) === canonical(text, encoding)) return bytes
  throw new SoakrigError(`a message is not ${encoding}: ${JSON.stringify(text.slice(0, 60))}`, {
    code: 'message-encoding',
    exit: 'usage',
  })
}

/** As Node writes it: hex in lower case, base64 with its padding. */
function canonical(text: string, encoding: 'base64' | 'hex'): string {
  if (encoding === 'hex') return text.toLowerCase()
  return text.replace(/=+$/u, '').padEnd(Math.ceil(text.replace(/=+$/u, '').length / 4) * 4, '=')
}
