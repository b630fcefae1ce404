import type { Buffer } from 'node:buffer'
import type { Reply } from '../../workload/reply.ts'
import { Content } from '../http1/content.ts'
import { mayAskToWait } from '../retry-after.ts'
import { type PreparedHttp2, textBytes } from './request.ts'

const noHeaders: readonly string[] = []

/** The response to one request: its body is compared as it passes, and kept only where somebody looks at it. */
export class Http2Reply implements Reply {
  status = 0
  /**
   * Bytes of the body and of the text of headers and trailers. What frames, padding and header compression make of
   * them is known to node:http2 alone, and interim responses are not told with their bytes.
   */
  sizeBytes = 0
  bodyBytes = 0
  /** The `Retry-After` of an answer that may have one, kept or not; null for none. */
  retryAfter: string | null = null
  #headers = noHeaders
  #keepsHeaders = false
  readonly #content = new Content()

  /** Makes it ready for the response to a request. */
  begin({ expectBody, kept }: PreparedHttp2): void {
    this.status = 0
    this.sizeBytes = 0
    this.bodyBytes = 0
    this.retryAfter = null
    this.#headers = noHeaders
    this.#keepsHeaders = kept.headers
    this.#content.begin(expectBody, kept.body)
  }

  /** Takes the head; names and values by turns. */
  head(status: number, headers: readonly string[]): void {
    this.status = status
    this.sizeBytes += textBytes(headers)
    if (this.#keepsHeaders) this.#headers = headers
    if (mayAskToWait(status)) this.retryAfter = valueOf(headers, 'retry-after')
  }

  trailers(headers: readonly string[]): void {
    this.sizeBytes += textBytes(headers)
  }

  /** Takes the next bytes of the body; what is wrong with them, or null. */
  data(chunk: Buffer): string | null {
    this.bodyBytes += chunk.length
    this.sizeBytes += chunk.length
    this.#content.take(chunk, 0, chunk.length)
    return this.#content.problem
  }

  /** Whether the body is the expected one; true where none is expected. */
  get bodyMatches(): boolean {
    return this.#content.matches
  }

  header(name: string): string | null {
    return valueOf(this.#headers, name)
  }

  headerNames(): readonly string[] {
    return [...new Set(this.#headers.filter((name, index) => index % 2 === 0 && !name.startsWith(':')))]
  }

  /** All values of a header, in their order. */
  headers(name: string): string[] {
    const values: string[] = []
    this.#headers.forEach((one, index) => {
      if (index % 2 === 0 && one === name) values.push(this.#headers[index + 1] as string)
    })
    return values
  }

  body(): Uint8Array {
    return this.#content.bytes()
  }
}

/** The first value of a header among names and values by turns. */
function valueOf(headers: readonly string[], name: string): string | null {
  for (let index = 0; index < headers.length; index += 2) if (headers[index] === name) return headers[index + 1] ?? null
  return null
}
