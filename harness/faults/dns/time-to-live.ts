import { Buffer } from 'node:buffer'

const headerBytes = 12
/** Type of the record of EDNS, whose time to live is none (RFC 6891, section 6.1.3). */
const extensionType = 41

/**
 * An answer whose records all have this time to live (RFC 1035, section 4.1); all else of it stays, byte for byte. One that
 * cannot be read stays as it is.
 */
export function withTimeToLive(answer: Buffer, seconds: number): Buffer {
  const changed = Buffer.from(answer)
  try {
    const [questions = 0, ...records] = [4, 6, 8, 10].map((at) => changed.readUInt16BE(at))
    let at = headerBytes
    for (let left = questions; left > 0; left--) at = afterName(changed, at) + 4
    for (let left = records.reduce((sum, count) => sum + count, 0); left > 0; left--) {
      at = afterName(changed, at)
      if (changed.readUInt16BE(at) !== extensionType) changed.writeUInt32BE(seconds, at + 4)
      at += 10 + changed.readUInt16BE(at + 8)
    }
    return changed
  } catch {
    // It says that there is more of it than came.
    return answer
  }
}

function afterName(bytes: Buffer, from: number): number {
  let at = from
  for (;;) {
    const length = bytes.readUInt8(at)
    if (length === 0) return at + 1
    // A pointer to the rest of the name.
    if (length >= 0xc0) return at + 2
    at += 1 + length
  }
}
