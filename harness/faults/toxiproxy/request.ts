import type { IncomingMessage } from 'node:http'
import { messageOf } from '../../kernel/errors.ts'
import { isLoopback } from '../../kernel/loopback.ts'
import { ApiFailure, badBody } from './failure.ts'

const bodyLimitBytes = 2 ** 20

/**
 * Whether a page in a browser may have sent a request, so that a page that somebody looks at cannot make proxies. Toxiproxy
 * knows browsers by their user agent; they also name the page's origin, and a page that had its name resolved to loopback
 * gives that name as the host.
 */
export function isFromPage({ headers }: IncomingMessage): boolean {
  const { 'user-agent': agent = '', origin, host = '' } = headers
  if (agent.startsWith('Mozilla/') || origin !== undefined || headers['sec-fetch-site'] !== undefined) return true
  const name = host
    .toLowerCase()
    .replace(/:\d+$/u, '')
    .replace(/^\[(.*)\]$/u, '$1')
  return !(name === '' || name === 'localhost' || isLoopback(name))
}

/** The JSON that a request carries; undefined for an empty body. Throws `ApiFailure`: 400, or 413 over 1 MiB. */
export async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length
    if (sizeBytes > bodyLimitBytes)
      throw new ApiFailure(`request body too large, allowed: ${bodyLimitBytes} bytes`, 413)
    chunks.push(chunk)
  }
  if (sizeBytes === 0) return undefined
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch (error) {
    throw badBody(messageOf(error))
  }
}
