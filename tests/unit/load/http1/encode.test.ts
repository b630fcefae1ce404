import { describe, expect, it } from 'vitest'
import { encodeRequest } from '../../../../harness/load/http1/encode.ts'
import type { LoadRequest } from '../../../../harness/load/protocol.ts'
import { requestOf } from '../../../support/slice-task.ts'

const text = (changes: Partial<LoadRequest>, host = '127.0.0.1') =>
  encodeRequest(requestOf(changes), host, 8080).bytes.toString('latin1')

describe('an encoded request', () => {
  it('names the host it goes to', () => {
    expect(text({ path: '/a?b=c' })).toBe('GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n')
  })

  it('brackets an IPv6 address', () => {
    expect(text({}, '::1')).toContain('\r\nHost: [::1]:8080\r\n')
  })

  it('keeps a host and a length of its own', () => {
    const sent = text({ headers: { HOST: 'shop.test', 'content-LENGTH': '2' }, method: 'POST', body: 'hi' })
    expect(sent.match(/host:/giu)).toHaveLength(1)
    expect(sent.match(/content-length:/giu)).toHaveLength(1)
  })

  it('counts the bytes of its body, not its letters', () => {
    const { bytes } = encodeRequest(requestOf({ method: 'POST', body: 'grün' }), 'localhost', 80)
    expect(bytes.toString()).toContain('\r\nContent-Length: 5\r\n')
    expect(bytes.toString().endsWith('\r\n\r\ngrün')).toBe(true)
  })

  it('knows what its response must be', () => {
    const request = encodeRequest(requestOf({ method: 'HEAD', expect: { status: null, body: 'hi' } }), 'localhost', 80)
    expect(request).toMatchObject({ head: true, expectStatus: null, expectBody: Buffer.from('hi') })
  })
})
