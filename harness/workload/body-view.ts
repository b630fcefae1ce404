import { Buffer } from 'node:buffer'

/** A longer body is not remembered from one reply to the next. */
const rememberedBytes = 64 * 2 ** 10

/** What stands for the value of a body that is no JSON. */
export const noJson: unique symbol = Symbol('no JSON')

/**
 * Reads kept bodies: as bytes, text and JSON, each made when it is first asked for. A body of the same bytes as the one
 * before is not read again, which is what most targets answer under load.
 */
export class BodyView {
  #bytes: Buffer = Buffer.alloc(0)
  #copy: Buffer = Buffer.alloc(0)
  #text: string | null = null
  #json: unknown = undefined

  /** Looks at the body of a reply; it must stay as it is until the next call. */
  show(body: Uint8Array): void {
    const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength)
    if (bytes.length === this.#bytes.length && bytes.equals(this.#bytes)) return
    this.#text = null
    this.#json = undefined
    this.#bytes = bytes.length > rememberedBytes ? bytes : this.#remember(bytes)
  }

  /** Lets go of what is too long to be kept until the next reply: its bytes may be used again by then. */
  leave(): void {
    if (this.#bytes.length <= rememberedBytes) return
    this.#bytes = Buffer.alloc(0)
    this.#text = ''
    this.#json = noJson
  }

  get bytes(): Buffer {
    return this.#bytes
  }

  /** As UTF-8; what is none becomes U+FFFD. */
  get text(): string {
    this.#text ??= this.#bytes.toString()
    return this.#text
  }

  /** The value, or `noJson`. A byte order mark is passed over, as RFC 8259 (section 8.1) lets a reader do. */
  get json(): unknown {
    if (this.#json === undefined) {
      try {
        this.#json = JSON.parse(this.text.charCodeAt(0) === 0xfeff ? this.text.slice(1) : this.text)
      } catch {
        this.#json = noJson
      }
    }
    return this.#json
  }

  /** A copy in memory that is used again; driver buffers do not outlast the reply. */
  #remember(bytes: Buffer): Buffer {
    if (this.#copy.length < bytes.length) this.#copy = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(bytes.length)))
    bytes.copy(this.#copy)
    return this.#copy.subarray(0, bytes.length)
  }
}

/** A value of a reply as a problem shows it: at most 80 characters. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length <= 80 ? text : `${text.slice(0, 77)}…`
}
