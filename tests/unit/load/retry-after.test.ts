import { describe, expect, it } from 'vitest'
import { ResponseReader } from '../../../harness/load/http1/response.ts'
import { waitAskedFor } from '../../../harness/load/retry-after.ts'

const seconds = 1e9
const clock = { date: () => new Date('2026-01-01T00:00:00Z') }

describe('a Retry-After (S3, P71)', () => {
  it.each([
    [null, 0],
    ['0', 0],
    ['1', 1],
    ['120', 120],
    ['Thu, 01 Jan 2026 00:00:30 GMT', 30],
    ['Thursday, 01-Jan-26 00:00:30 GMT', 30],
    ['Thu Jan  1 00:00:30 2026', 30],
    ['Wed, 31 Dec 2025 23:59:59 GMT', 0],
    ['soon', 0],
    ['-5', 0],
    ['1.5', 0],
    ['', 0],
    ['99999999999999999999', 366 * 86_400],
  ])('of %j asks to wait for %i s', (text, waits) => {
    expect(waitAskedFor(text, clock)).toBe(waits * seconds)
  })
})

describe('the head of a response over HTTP/1.1', () => {
  const shape = (headers: boolean) => ({ head: false, expectBody: null, kept: { headers, body: false } })
  const response = (status: number): Buffer =>
    Buffer.from(`HTTP/1.1 ${status} X\r\nContent-Length: 2\r\nretry-AFTER:  7 \r\n\r\nhi`)

  function read(reader: ResponseReader, bytes: Buffer, piece: number, of = shape(false)): string | null {
    reader.begin(of)
    for (let at = 0; at < bytes.length; at += piece) reader.push(bytes, at, Math.min(bytes.length, at + piece))
    expect(reader.done).toBe(true)
    return reader.retryAfter
  }

  it.each([
    [503, '7'],
    [429, '7'],
    [500, null],
    [200, null],
  ])('of status %i has the Retry-After %s, however it is split, kept or not', (status, expected) => {
    for (const piece of [1, 5, 1000])
      for (const kept of [true, false])
        expect(read(new ResponseReader(), response(status), piece, shape(kept))).toBe(expected)
  })

  it('has it also when the same response comes again, and not in the next one without', () => {
    const reader = new ResponseReader()
    const of = shape(false)
    expect([1, 2, 3].map(() => read(reader, response(503), 1000, of))).toEqual(['7', '7', '7'])
    expect(read(reader, response(200), 1000, of)).toBeNull()
    expect(read(reader, Buffer.from('HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n'), 1000, of)).toBeNull()
    expect(reader.header('retry-after')).toBeNull()
  })
})
