import { Buffer } from 'node:buffer'

/**
 * A numbered datagram. Header of 16 bytes, big-endian: magic (2), size of the datagram (2), id of the socket that sent
 * it (4), the lower half of its number (4), check over these (4). All further bytes are those of one pattern.
 */
export const headerBytes = 16
/** The largest payload of UDP over IPv4. */
export const largestBytes = 65_507

const magic = 0x736b

const pattern = Buffer.alloc(largestBytes)
for (let index = 0, value = 0x2545f491; index < largestBytes; index++) {
  // A linear congruential generator (Numerical Recipes): its upper bytes do not repeat within a datagram.
  value = (Math.imul(value, 1_664_525) + 1_013_904_223) >>> 0
  pattern[index] = value >>> 24
}

/** What follows the header in a datagram of this size; shared by all, never to be written. */
export function payloadOf(sizeBytes: number): Buffer {
  return pattern.subarray(headerBytes, sizeBytes)
}

/** Writes the header of a datagram; ids and numbers beyond 32 bits are cut. */
export function writeHeader(header: Buffer, id: number, number: number, sizeBytes: number): void {
  header.writeUInt16BE(magic, 0)
  header.writeUInt16BE(sizeBytes, 2)
  header.writeUInt32BE(id >>> 0, 4)
  header.writeUInt32BE(number >>> 0, 8)
  header.writeUInt32BE(checkOf(id, number, sizeBytes), 12)
}

/** Reads datagrams, one after the other; allocates nothing. */
export class DatagramReader {
  /** Of the datagram read last; meaningful where its header was whole. */
  id = 0
  /** The lower 32 bits. */
  number = 0
  /** Whether length and content are those that the header says. */
  intact = false

  /** Reads a datagram; false when its header is not whole, so that it is nobody's. */
  read(bytes: Buffer): boolean {
    if (bytes.length < headerBytes || bytes.readUInt16BE(0) !== magic) return false
    const sizeBytes = bytes.readUInt16BE(2)
    this.id = bytes.readUInt32BE(4)
    this.number = bytes.readUInt32BE(8)
    if (bytes.readUInt32BE(12) !== checkOf(this.id, this.number, sizeBytes)) return false
    this.intact =
      bytes.length === sizeBytes && bytes.compare(pattern, headerBytes, sizeBytes, headerBytes, sizeBytes) === 0
    return true
  }
}

/** The number whose lower half is given, nearest to one that is known. */
export function wholeNumber(lower: number, near: number): number {
  return near + ((lower - near) | 0)
}

/** Any changed bit of the header shows, but for one time in 2^32; the constants are those of MurmurHash3. */
function checkOf(id: number, number: number, sizeBytes: number): number {
  const hash = Math.imul(mixed(mixed(mixed(0, id), number), sizeBytes), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

function mixed(hash: number, word: number): number {
  const next = Math.imul(hash ^ Math.imul(word | 0, 0xcc9e2d51), 0x85ebca6b)
  return next ^ (next >>> 15)
}
