import { Duplex } from 'node:stream'
import { connect, type ConnectionOptions } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { serverNameOf } from '../../../../harness/faults/relay/client-hello.ts'

/** The first bytes that a TLS client of Node sends. */
function helloOf(options: ConnectionOptions): Promise<Buffer> {
  return new Promise((resolve) => {
    const socket = new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, written) {
        resolve(chunk)
        written()
      },
    })
    connect({ socket, ...options }).on('error', () => {})
  })
}

/** The same hello in records of so many bytes. */
function inRecords(hello: Buffer, size: number): Buffer {
  const records: Buffer[] = []
  for (let from = 5; from < hello.length; from += size) {
    const part = hello.subarray(from, from + size)
    const head = Buffer.from(hello.subarray(0, 5))
    head.writeUInt16BE(part.length, 3)
    records.push(head, part)
  }
  return Buffer.concat(records)
}

describe('the server name of a client hello', () => {
  it('is read in small letters', async () => {
    expect(serverNameOf(await helloOf({ servername: 'WWW.Shop.test' }))).toBe('www.shop.test')
    expect(serverNameOf(await helloOf({ servername: 'old.test', maxVersion: 'TLSv1.2' }))).toBe('old.test')
  })

  it('is null where none is named', async () => {
    expect(serverNameOf(await helloOf({}))).toBeNull()
  })

  it('is waited for until all of the hello has come, in one record or in several', async () => {
    const hello = await helloOf({ servername: 'www.shop.test' })
    for (const bytes of [hello, inRecords(hello, 50)]) {
      for (let size = 0; size < bytes.length; size++) expect(serverNameOf(bytes.subarray(0, size))).toBeUndefined()
      expect(serverNameOf(Buffer.concat([bytes, Buffer.from('more')]))).toBe('www.shop.test')
    }
  })

  it.each([
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n')],
    ['a record of data', Buffer.from([23, 3, 3, 0, 1, 0])],
    ['an older record', Buffer.from([22, 2, 0, 0, 1])],
    ['an empty record', Buffer.from([22, 3, 1, 0, 0])],
    ['another message of a handshake', Buffer.from([22, 3, 1, 0, 4, 2, 0, 0, 0])],
    ['a hello that is too long to be waited for', Buffer.from([22, 3, 1, 0, 4, 1, 0xff, 0, 0])],
    ['a hello that ends within itself', Buffer.from([22, 3, 1, 0, 6, 1, 0, 0, 2, 3, 3])],
  ])('is null in %s', (_what, bytes) => {
    expect(serverNameOf(bytes)).toBeNull()
  })

  it('never throws, whatever has become of a hello', async () => {
    const hello = await helloOf({ servername: 'www.shop.test' })
    for (let at = 5; at < hello.length; at++) {
      for (const value of [0, 1, 255]) {
        const spoilt = Buffer.from(hello)
        spoilt[at] = value
        expect(() => serverNameOf(spoilt)).not.toThrow()
      }
    }
  })
})
