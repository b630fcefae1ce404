import { Buffer } from 'node:buffer'
import { request } from 'node:http'
import { Duplex } from 'node:stream'
import type { Sent } from './http1-reading.ts'

/** What Node's own HTTP client makes of the first response of a connection; null when it refuses it. */
export function readByClient({ text, head, ended }: Sent): Promise<{ status: number; body: string } | null> {
  const wire = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() })
  return new Promise((resolve) => {
    const sent = request({ method: head ? 'HEAD' : 'GET', createConnection: () => wire })
    sent.on('error', () => resolve(null))
    sent.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', () => resolve(null))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('latin1') }),
      )
    })
    sent.end()
    sent.on('finish', () => {
      wire.push(Buffer.from(text, 'latin1'))
      if (ended) wire.push(null)
    })
  }).finally(() => wire.destroy()) as Promise<{ status: number; body: string } | null>
}
