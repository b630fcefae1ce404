import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isWholeMessage } from '../../../../harness/load/grpc/wire.ts'

const isWhole = (hex: string): boolean => isWholeMessage(Buffer.from(hex, 'hex'))

/** A number as protobuf writes it. */
function varint(value: number): Buffer {
  const bytes: number[] = []
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return Buffer.from([...bytes, left])
    bytes.push((left % 128) + 128)
  }
}

const tag = (wireType: number) => fc.integer({ min: 1, max: 2 ** 20 }).map((field) => varint(field * 8 + wireType))
const fixed = (wireType: number, size: number) =>
  fc.tuple(tag(wireType), fc.uint8Array({ minLength: size, maxLength: size })).map((parts) => Buffer.concat(parts))
const field = fc.oneof(
  fc.tuple(tag(0), fc.nat().map(varint)).map((parts) => Buffer.concat(parts)),
  fixed(1, 8),
  fixed(5, 4),
  fc
    .tuple(tag(2), fc.uint8Array({ maxLength: 300 }))
    .map(([head, bytes]) => Buffer.concat([head, varint(bytes.length), bytes])),
)

describe('a protobuf message', () => {
  test.each([
    ['', true],
    ['0a026869', true],
    ['0a00', true],
    ['18ffffffffffffffffff01', true],
    ['0a0268', false],
    ['0a', false],
    ['18', false],
    ['18ff', false],
    ['18ffffffffffffffffffff01', false],
    ['09010203040506', false],
    ['0d010203', false],
    ['0e', false],
    ['0f', false],
    ['0affffffff7f', false],
  ])('of the bytes %j is whole: %s', (hex, whole) => {
    expect(isWhole(hex)).toBe(whole)
  })

  test('is whole as long as all its fields are', () => {
    fc.assert(
      fc.property(fc.array(field, { minLength: 1, maxLength: 8 }), (fields) => {
        const bytes = Buffer.concat(fields)
        expect(isWholeMessage(bytes)).toBe(true)
        // What is left of the last field without its last byte is none.
        const last = fields.at(-1)?.length ?? 0
        expect(last > 0 && isWholeMessage(bytes.subarray(0, -1))).toBe(false)
      }),
    )
  })

  test('may be any bytes, which are looked at once', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(isWholeMessage(Buffer.from(bytes))).toBeTypeOf('boolean')
      }),
    )
  })
})
