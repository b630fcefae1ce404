import { describe, expect, it } from 'vitest'
import { longestRequestLine, requestLineOf } from '../../../../harness/faults/relay/request-line.ts'

const lineOf = (text: string): string | null | undefined => requestLineOf(Buffer.from(text, 'latin1'))

describe('a request line', () => {
  it.each([
    ['GET / HTTP/1.1\r\nhost: x\r\n\r\n', 'GET / HTTP/1.1'],
    ['POST /checkout?a=b%20c HTTP/1.0\r\n', 'POST /checkout?a=b%20c HTTP/1.0'],
    ['M-SEARCH * HTTP/1.1\n', 'M-SEARCH * HTTP/1.1'],
    ['OPTIONS * HTTP/1.1\r\n', 'OPTIONS * HTTP/1.1'],
  ])('is read from %j', (text, line) => {
    expect(lineOf(text)).toBe(line)
  })

  it('is waited for while what has come may be the start of one', () => {
    const whole = 'GET /checkout HTTP/1.1\r'
    for (let size = 0; size <= whole.length; size++) expect(lineOf(whole.slice(0, size))).toBeUndefined()
    expect(lineOf(`${whole}\n`)).toBe('GET /checkout HTTP/1.1')
  })

  it.each([
    ['\u0016\u0003\u0001'],
    ['get / HTTP/1.1'],
    ['PING\r\n'],
    ['GET /\r\n'],
    ['GET  HTTP/1.1\r\n'],
    ['PRI * HTTP/2.0\r\n'],
    [' GET / HTTP/1.1\r\n'],
    ['A'.repeat(21)],
    [`GET /${'x'.repeat(longestRequestLine)}`],
  ])('is not seen in %j, and not waited for', (text) => {
    expect(lineOf(text)).toBeNull()
  })
})
