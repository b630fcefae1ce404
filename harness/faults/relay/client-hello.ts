import { Buffer } from 'node:buffer'

/** What is held back to see a hello is bounded; longer ones are taken to name nobody. */
const longestHello = 16_384

const handshakeRecord = 22
const clientHello = 1
const serverNameExtension = 0
const hostNameType = 0

/**
 * The server name (RFC 6066, section 3) of the TLS ClientHello at the beginning of some bytes, in small letters; null when
 * they begin with none or it names nobody, undefined when that cannot be said before more have come. A hello may be in
 * several records (RFC 8446, section 5.1).
 */
export function serverNameOf(bytes: Buffer): string | null | undefined {
  const parts: Buffer[] = []
  let size = 0
  for (let at = 0; at < longestHello;) {
    if (bytes.length > at && bytes[at] !== handshakeRecord) return null
    if (bytes.length < at + 5) return undefined
    if (bytes[at + 1] !== 3) return null
    const length = bytes.readUInt16BE(at + 3)
    if (length === 0 || length > longestHello + 256) return null
    const part = bytes.subarray(at + 5, at + 5 + length)
    parts.push(part)
    size += part.length
    const hello = Buffer.concat(parts, size)
    if (hello.length > 0 && hello[0] !== clientHello) return null
    const wanted = hello.length < 4 ? 4 : 4 + hello.readUIntBE(1, 3)
    if (wanted > longestHello) return null
    if (hello.length >= 4 && hello.length >= wanted) return nameIn(hello.subarray(4, wanted))
    if (part.length < length) return undefined
    at += 5 + length
  }
  return null
}

function nameIn(body: Buffer): string | null {
  const reader = new Reader(body)
  reader.skip(2 + 32)
  reader.skip(reader.uint(1))
  reader.skip(reader.uint(2))
  reader.skip(reader.uint(1))
  const extensions = new Reader(reader.take(reader.uint(2)))
  while (extensions.left > 0) {
    const type = extensions.uint(2)
    const content = extensions.take(extensions.uint(2))
    if (type === serverNameExtension) return hostIn(new Reader(content))
  }
  return null
}

function hostIn(reader: Reader): string | null {
  const names = new Reader(reader.take(reader.uint(2)))
  while (names.left > 0) {
    const type = names.uint(1)
    const name = names.take(names.uint(2))
    if (type === hostNameType) return name.length > 0 ? name.toString('latin1').toLowerCase() : null
  }
  return null
}

/** Reads numbers and bytes one after the other; beyond the end there is nothing. */
class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get left(): number {
    return Math.max(0, this.#bytes.length - this.#at)
  }

  uint(size: number): number {
    const bytes = this.take(size)
    return bytes.length === size ? bytes.readUIntBE(0, size) : 0
  }

  take(size: number): Buffer {
    const from = this.#at
    this.#at += size
    return this.#bytes.subarray(from, from + size)
  }

  skip(size: number): void {
    this.#at += size
  }
}
