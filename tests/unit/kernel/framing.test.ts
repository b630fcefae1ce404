import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { realClock } from '../../../harness/kernel/clock.ts'
import { createDecoder, type Framing, frameMessage } from '../../../harness/kernel/framing.ts'
import { GrowingBuffer } from '../../../harness/kernel/growing-buffer.ts'

const noLimit = Number.MAX_SAFE_INTEGER

/** What a decoder makes of a stream that comes in these pieces. */
function decode(framing: Framing, pieces: readonly Buffer[], maxMessageBytes = noLimit) {
  const decoder = createDecoder(framing, maxMessageBytes)
  const message = new GrowingBuffer()
  const messages: string[] = []
  const sink = { piece: (buffer: Buffer, from: number, to: number) => message.append(buffer, from, to) }
  for (const piece of pieces) {
    // What is around the piece is not of the stream; it is what another read has left in the buffer.
    const buffer = Buffer.concat([Buffer.from('\n\r#'), piece, Buffer.from('\n\r\n##')])
    const end = 3 + piece.length
    let at = 3
    while (at < end && decoder.problem === null) {
      at = decoder.push(buffer, at, end, sink)
      if (!decoder.done) continue
      messages.push(message.bytes().toString('latin1'))
      message.clear()
    }
  }
  return { messages, problem: decoder.problem, rest: message.bytes().toString('latin1') }
}

function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const places = [0, ...at.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length]
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end))
}

const cuts = fc.array(fc.nat(), { maxLength: 12 })
// Few different letters, so that beginnings of delimiters come often.
const letters = fc.string({ unit: fc.constantFrom('a', 'b', '\r', '\n'), maxLength: 40 })
const delimiters = fc.string({ unit: fc.constantFrom('a', 'b', '\r', '\n'), minLength: 1, maxLength: 6 })

describe('a line decoder', () => {
  test('gives the messages of a text split by its delimiter, however the stream is cut', () => {
    fc.assert(
      fc.property(delimiters, letters, cuts, (delimiter, text, places) => {
        const parts = text.split(delimiter)
        const { messages } = decode({ kind: 'line', delimiter }, cut(Buffer.from(text), places))
        expect(messages).toEqual(parts.slice(0, -1))
      }),
      { numRuns: 2000 },
    )
  })

  test('finds the delimiter at every place of the cut', () => {
    const stream = Buffer.from('one\r\ntwo\r\r\n\r\nthr\nee\r\n')
    for (let at = 0; at <= stream.length; at++) {
      expect(decode({ kind: 'line', delimiter: '\r\n' }, cut(stream, [at])).messages).toEqual([
        'one',
        'two\r',
        '',
        'thr\nee',
      ])
    }
  })

  test('tells the beginning of a message before its end has come', () => {
    expect(decode({ kind: 'line', delimiter: '\r\n' }, [Buffer.from('begun\r')])).toMatchObject({
      messages: [],
      rest: 'begun',
    })
  })

  test('takes delimiters of several bytes per letter', () => {
    expect(decode({ kind: 'line', delimiter: '→' }, cut(Buffer.from('a→b→'), [2, 3, 6])).messages).toEqual(['a', 'b'])
  })

  test('finds what comes after a long way', () => {
    const line = 'x'.repeat(100_000)
    const pieces = cut(Buffer.from(`${line}\n${line}\n`), [65_536, 131_072])
    expect(decode({ kind: 'line', delimiter: '\n' }, pieces).messages).toEqual([line, line])
  })

  test('refuses a message over the limit as soon as that is sure, and tells no more of it', () => {
    const framing = { kind: 'line', delimiter: '\n' } as const
    expect(decode(framing, [Buffer.from('12345\n')], 5)).toMatchObject({ messages: ['12345'], problem: null })
    expect(decode(framing, [Buffer.from('123'), Buffer.from('456')], 5)).toMatchObject({
      messages: [],
      problem: 'a message of more than 5 bytes',
      rest: '123',
    })
    expect(decode(framing, [Buffer.from('123456\n')], 5)).toMatchObject({ messages: [], rest: '' })
  })

  test('refuses an empty delimiter', () => {
    expect(() => createDecoder({ kind: 'line', delimiter: '' }, 1)).toThrow('empty delimiter')
  })
})

describe.each([1, 2, 4] as const)('a prefix of %i bytes', (prefixBytes) => {
  const framing = { kind: 'length-prefixed', prefixBytes } as const

  test('gives back what was framed, however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 }), cuts, (arrays, places) => {
        const sent = arrays.map((bytes) => Buffer.from(bytes))
        const stream = Buffer.concat(sent.map((message) => frameMessage(framing, message)))
        expect(decode(framing, cut(stream, places)).messages).toEqual(sent.map((each) => each.toString('latin1')))
      }),
      { numRuns: 500 },
    )
  })

  test('is an unsigned big-endian number', () => {
    const message = Buffer.alloc(200, 'x')
    const framed = frameMessage(framing, message)
    expect([...framed.subarray(0, prefixBytes)]).toEqual([...Array.from({ length: prefixBytes - 1 }, () => 0), 200])
    expect(decode(framing, [framed]).messages).toEqual([message.toString()])
  })

  test('of all ones is a length, not a sign', () => {
    const largest = 2 ** (8 * prefixBytes) - 1
    const head = Buffer.alloc(prefixBytes, 0xff)
    expect(decode(framing, [head, Buffer.from('xy')], largest)).toMatchObject({ problem: null, rest: 'xy' })
    expect(decode(framing, [head], largest - 1).problem).toBe(`a message of more than ${largest - 1} bytes`)
  })
})

test('a message that its prefix cannot count is not framed', () => {
  expect(() => frameMessage({ kind: 'length-prefixed', prefixBytes: 1 }, Buffer.alloc(256))).toThrow('256 bytes')
})

describe('a fixed size', () => {
  const framing = { kind: 'fixed', sizeBytes: 3 } as const

  test('cuts the stream into equal messages, however it comes', () => {
    fc.assert(
      fc.property(letters, cuts, (text, places) => {
        const { messages } = decode(framing, cut(Buffer.from(text), places))
        expect(messages).toEqual(text.match(/[^]{3}/gu) ?? [])
      }),
      { numRuns: 500 },
    )
  })

  test('frames no other size', () => {
    expect(frameMessage(framing, Buffer.from('abc')).toString()).toBe('abc')
    expect(() => frameMessage(framing, Buffer.from('abcd'))).toThrow('does not fit')
  })

  test('of nothing, or over the limit, is refused', () => {
    expect(() => createDecoder({ kind: 'fixed', sizeBytes: 0 }, 10)).toThrow('a byte at least')
    expect(decode(framing, [Buffer.from('a')], 2).problem).toBe('a message of more than 2 bytes')
  })
})

describe.each<[string, Framing]>([
  ['line', { kind: 'line', delimiter: '\r\n' }],
  ['length-prefixed', { kind: 'length-prefixed', prefixBytes: 4 }],
  ['fixed', { kind: 'fixed', sizeBytes: 2 ** 20 }],
])('a message of 1 MB (%s)', (_, framing) => {
  test('in pieces of one byte takes a bounded time', () => {
    const decoder = createDecoder(framing, noLimit)
    const framed = frameMessage(framing, Buffer.alloc(2 ** 20, '\r'))
    // The read buffer is longer than what was read, as the shared one of the driver is.
    const buffer = Buffer.alloc(65_536)
    let told = 0
    let ends = 0
    const sink = { piece: (_buffer: Buffer, from: number, to: number) => void (told += to - from) }
    const startNs = realClock.nowNs()
    for (const byte of framed) {
      buffer[0] = byte
      decoder.push(buffer, 0, 1, sink)
      if (decoder.done) ends++
    }
    expect({ told, ends }).toEqual({ told: 2 ** 20, ends: 1 })
    expect(realClock.nowNs() - startNs).toBeLessThan(4e9)
  })
})
