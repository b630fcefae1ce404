import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  DatagramReader,
  headerBytes,
  largestBytes,
  payloadOf,
  wholeNumber,
  writeHeader,
} from '../../../../harness/load/udp/datagram.ts'

function datagram(id: number, number: number, sizeBytes: number): Buffer {
  const header = Buffer.alloc(headerBytes)
  writeHeader(header, id, number, sizeBytes)
  return Buffer.concat([header, payloadOf(sizeBytes)])
}

const ids = fc.nat(2 ** 32 - 1)
const numbers = fc.nat(2 ** 32 - 1)
const sizes = fc.integer({ min: headerBytes, max: 2000 })

describe('a numbered datagram', () => {
  test('is read as it was written, at any size', () => {
    const reader = new DatagramReader()
    fc.assert(
      fc.property(ids, numbers, fc.oneof(sizes, fc.constant(largestBytes)), (id, number, sizeBytes) => {
        const bytes = datagram(id, number, sizeBytes)
        expect(bytes.length).toBe(sizeBytes)
        expect(reader.read(bytes)).toBe(true)
        expect([reader.id, reader.number, reader.intact]).toEqual([id, number, true])
      }),
    )
  })

  test('is nobody’s when any bit of its header has changed, and no more intact when any other has', () => {
    const reader = new DatagramReader()
    fc.assert(
      fc.property(ids, numbers, sizes, fc.nat(), (id, number, sizeBytes, where) => {
        const bytes = datagram(id, number, sizeBytes)
        const bit = where % (8 * sizeBytes)
        bytes[bit >> 3]! ^= 1 << (bit & 7)
        const readable = reader.read(bytes)
        expect(readable).toBe(bit >> 3 >= headerBytes)
        expect(readable && reader.intact).toBe(false)
      }),
      { numRuns: 1000 },
    )
  })

  test('is not intact when it is longer or shorter than it says', () => {
    const reader = new DatagramReader()
    const bytes = datagram(7, 8, 64)
    for (const changed of [Buffer.concat([bytes, Buffer.alloc(1)]), bytes.subarray(0, 63), bytes.subarray(0, 16)]) {
      expect(reader.read(changed)).toBe(true)
      expect([reader.number, reader.intact]).toEqual([8, false])
    }
    for (const length of [0, 1, 15]) expect(reader.read(bytes.subarray(0, length))).toBe(false)
  })
})

test('a number is told from its lower half by one that is near', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 40), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), (near, offset) => {
      const number = near + offset
      expect(wholeNumber(((number % 2 ** 32) + 2 ** 32) % 2 ** 32, near)).toBe(number)
    }),
  )
})
