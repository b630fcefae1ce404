import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { realClock } from '../../../../harness/kernel/clock.ts'
import type { DriverContext } from '../../../../harness/load/driver.ts'
import { openWebSocketDriver } from '../../../../harness/load/websocket/driver.ts'
import type { WebSocketConnection } from '../../../../harness/workload/protocols/websocket.ts'
import { openMessages } from '../../../support/message-lanes.ts'
import { listening, serveSockets, until } from '../../../support/sockets.ts'
import { frameOf, handshakeOf, type RawPeer, serveFrames } from '../../../support/websocket-peer.ts'

const plain: WebSocketConnection = { path: '/', headers: {}, subprotocols: [], tls: null }
const [text, binary, close, ping] = [1, 2, 8, 9] as const

/** A driver to a port, but for what a test changes. */
function open(
  port: number,
  connection: Partial<WebSocketConnection> = {},
  changes: Partial<DriverContext<'websocket'>> = {},
) {
  return openMessages(openWebSocketDriver, { connection: { ...plain, ...connection }, port, ...changes })
}

type Serve = (peer: WebSocket, message: string, number: number) => void

/** Serves with ws; calls back for each message with the number that it has on its connection. */
async function serveMessages(answer: Serve) {
  const http = createServer()
  const peers: WebSocket[] = []
  const requests: { readonly url: string; readonly rawHeaders: readonly string[] }[] = []
  const messages: string[] = []
  const codes: number[] = []
  new WebSocketServer({ server: http, perMessageDeflate: true }).on('connection', (peer, { url = '', rawHeaders }) => {
    peers.push(peer)
    requests.push({ url, rawHeaders })
    let number = 0
    peer.on('message', (data, isBinary) => {
      const message = (data as Buffer).toString('latin1')
      messages.push(`${isBinary ? 'binary' : 'text'} ${message}`)
      answer(peer, message, number++)
    })
    peer.on('close', (code) => codes.push(code))
    peer.on('error', () => {})
  })
  const server = await listening(http)
  return Object.assign(server, { peers, requests, messages, codes })
}

const echo: Serve = (peer, message) => peer.send(message)

describe('an attempt', () => {
  test('ends with the answer, and tells what happened in order', async () => {
    await using server = await serveMessages(echo)
    await using ws = await open(server.port)
    const lane = ws.lane()
    const hello = ws.prepare('hello', { body: 'hello' })
    expect(await lane.run(hello)).toMatchObject({ error: null, status: 0, detail: null, sent: 11, received: 7 })
    expect(await lane.run(hello)).toMatchObject({ error: null, sent: 11, received: 7 })
    expect(lane.events).toEqual(['connected', 'firstByte', 'ok', 'firstByte', 'ok'])
    expect(server.peers.length).toBe(1)
  })

  test.each([
    [125, 131, 127],
    [126, 134, 130],
    [65_535, 65_543, 65_539],
    [65_536, 65_550, 65_546],
  ])('with %i bytes of payload counts the bytes of its frames', async (size, sent, received) => {
    await using server = await serveMessages(echo)
    await using ws = await open(server.port)
    const send = 'x'.repeat(size)
    expect(await ws.lane().run(ws.prepare(send, { body: send }))).toMatchObject({ error: null, sent, received })
  })

  test('sends text as text, and what is written in hex or base64 as binary', async () => {
    await using server = await serveMessages((peer, message) => peer.send(Buffer.from(message, 'latin1')))
    await using ws = await open(server.port)
    const lane = ws.lane()
    expect((await lane.run(ws.prepare('ab', { body: 'ab' }))).error).toBe(null)
    expect((await lane.run(ws.prepare({ send: '00FF', encoding: 'hex' }, { body: '00ff' }))).error).toBe(null)
    expect((await lane.run(ws.prepare({ send: 'YWI=', encoding: 'base64' }, { body: 'YWI=' }))).error).toBe(null)
    expect(server.messages).toEqual(['text ab', 'binary \u0000\u00ff', 'binary ab'])
  })

  test('sends the same bytes each time, though each frame is masked anew', async () => {
    await using server = await serveMessages(echo)
    await using ws = await open(server.port)
    const lane = ws.lane()
    const request = ws.prepare('the same', { body: 'the same' })
    for (let round = 0; round < 5; round++) expect((await lane.run(request)).error).toBe(null)
    expect(new Set(server.messages)).toEqual(new Set(['text the same']))
  })

  test('asks for the path, the headers and the subprotocols as they are', async () => {
    await using server = await serveMessages(echo)
    const path = '/a/../b?q={x}&r=%20'
    await using ws = await open(
      server.port,
      { path, headers: { 'X-Token': 'secret' }, subprotocols: ['one', 'two'] },
      { host: 'example.test' },
    )
    expect((await ws.lane().run(ws.prepare('x'))).error).toBe(null)
    const [request] = server.requests
    const headers = request?.rawHeaders ?? []
    expect(request?.url).toBe(path)
    expect(headers[headers.indexOf('Host') + 1]).toBe(`example.test:${server.port}`)
    expect(headers[headers.indexOf('X-Token') + 1]).toBe('secret')
    expect(headers[headers.indexOf('Sec-WebSocket-Protocol') + 1]).toBe('one,two')
    expect(headers).not.toContain('Sec-WebSocket-Extensions')
  })

  test('leaves the Host header to the one that is given', async () => {
    await using server = await serveMessages(echo)
    await using ws = await open(server.port, { headers: { host: 'other.test' } })
    expect((await ws.lane().run(ws.prepare('x'))).error).toBe(null)
    const headers = server.requests[0]?.rawHeaders ?? []
    expect(headers.filter((name) => name.toLowerCase() === 'host').length).toBe(1)
    expect(headers).toContain('other.test')
  })

  test('with several replies ends with the last, which is the one that is compared', async () => {
    await using server = await serveMessages((peer, message) => {
      for (const each of ['one', 'two', message]) peer.send(each)
    })
    await using ws = await open(server.port)
    const lane = ws.lane()
    expect((await lane.run(ws.prepare({ send: 'three', replies: 3 }, { body: 'three' }))).error).toBe(null)
    expect((await lane.run(ws.prepare({ send: 'four', replies: 3 }, { body: 'one' }))).error).toBe('body')
    expect(server.peers.length).toBe(1)
  })

  test('without replies ends when the bytes are written', async () => {
    await using server = await serveMessages(() => {})
    await using ws = await open(server.port)
    const lane = ws.lane()
    for (let round = 0; round < 2; round++) {
      expect(await lane.run(ws.prepare({ send: 'fire', replies: 0 }))).toMatchObject({ error: null, sent: 10 })
    }
    await until('both have come', () => server.messages.length === 2)
    expect(lane.events).toEqual(['connected', 'ok', 'ok'])
  })

  test('can be started within the end of the one before', async () => {
    await using server = await serveMessages(echo)
    await using ws = await open(server.port)
    const lane = ws.lane()
    const again = ws.prepare('again', { body: 'again' })
    lane.next = () => lane.start(again)
    await lane.run(ws.prepare('once'))
    await until('the second ends', () => lane.ended.length === 2)
    expect(lane.ended[1]?.error).toBe(null)
    expect(server.peers.length).toBe(1)
  })

  test('takes an answer in fragments, with a ping between them, in pieces of one byte', async () => {
    const frames = Buffer.concat([
      frameOf(text, 'frag', { last: false }),
      frameOf(ping, 'between'),
      frameOf(0, '', { last: false }),
      frameOf(0, 'ments'),
    ])
    await using server = await serveFrames({
      answer: ({ socket }, number) => {
        // The second read is our pong.
        if (number === 0) void writeSlowly(socket, frames)
      },
    })
    await using ws = await open(server.port)
    const ended = await ws.lane().run(ws.prepare('x', { body: 'fragments' }))
    expect(ended).toMatchObject({ error: null, received: frames.length })
  })

  test('does not take a ping for the first byte of its answer', async () => {
    const reads: RawPeer[] = []
    await using server = await serveFrames({
      answer: (peer) => {
        reads.push(peer)
        if (reads.length === 1) peer.socket.write(frameOf(ping, 'there?'))
      },
    })
    await using ws = await open(server.port)
    const lane = ws.lane()
    const run = lane.run(ws.prepare('x', { body: 'yes' }))
    await until('the ping is answered', () => reads.length === 2)
    expect(lane.events).toEqual(['connected'])
    reads[0]?.socket.write(frameOf(text, 'yes'))
    expect((await run).error).toBe(null)
    expect(lane.events).toEqual(['connected', 'firstByte', 'ok'])
  })

  test('answers pings on an idle connection, which stays', async () => {
    await using server = await serveMessages(echo)
    await using ws = await open(server.port)
    const lane = ws.lane()
    await lane.run(ws.prepare('x'))
    const pongs: string[] = []
    server.peers[0]?.on('pong', (data) => pongs.push(data.toString()))
    server.peers[0]?.ping('still there?')
    await until('it is answered', () => pongs.length === 1)
    expect((await lane.run(ws.prepare('x'))).error).toBe(null)
    expect(server.peers.length).toBe(1)
  })
})

async function writeSlowly(socket: Socket, bytes: Buffer): Promise<void> {
  for (const byte of bytes) {
    socket.write(Buffer.from([byte]))
    await realClock.sleep(5e5)
  }
}

describe('an opening handshake', () => {
  test.each([200, 302, 401, 404, 503])('that is answered %i is an error of class status', async (status) => {
    await using server = await serveFrames({
      open: ({ socket }) => socket.write(`HTTP/1.1 ${status} Whatever\r\nContent-Length: 2\r\nLocation: /x\r\n\r\nno`),
    })
    await using ws = await open(server.port)
    const lane = ws.lane()
    expect(await lane.run(ws.prepare('x'))).toMatchObject({
      error: 'status',
      status,
      detail: `status ${status} to the opening handshake`,
      sent: 0,
    })
    expect(lane.lane.reply.status).toBe(status)
    expect(lane.events).toEqual(['status'])
    await until('the connection is gone', () => server.sockets.size === 0)
  })

  test.each<[string, (request: string) => string]>([
    ['a wrong key', (request) => handshakeOf(request, { 'Sec-WebSocket-Accept': 'AAAA' })],
    ['no key', (request) => handshakeOf(request, { 'Sec-WebSocket-Accept': null })],
    ['another protocol', (request) => handshakeOf(request, { Upgrade: 'h2c' })],
    ['no upgrade', (request) => handshakeOf(request, { Upgrade: null, Connection: null })],
    ['a subprotocol that nobody asked for', (request) => handshakeOf(request, { 'Sec-WebSocket-Protocol': 'x' })],
    ['an extension', (request) => handshakeOf(request, { 'Sec-WebSocket-Extensions': 'permessage-deflate' })],
    ['no HTTP at all', () => 'SSH-2.0-OpenSSH_9.6\r\n\r\n'],
    ['a malformed header', (request) => handshakeOf(request, { 'bad header': 'x' })],
  ])('with %s is an error of class protocol', async (_, answer) => {
    await using server = await serveFrames({ open: ({ socket, request }) => socket.write(answer(request)) })
    await using ws = await open(server.port)
    const lane = ws.lane()
    const ended = await lane.run(ws.prepare('x'))
    expect(ended.error).toBe('protocol')
    expect(ended.detail).toBeTruthy()
    expect(lane.events).toEqual(['protocol'])
    await until('the connection is gone', () => server.sockets.size === 0)
  })

  test('that leaves out a subprotocol that was asked for is an error of class protocol', async () => {
    await using server = await serveFrames({})
    await using ws = await open(server.port, { subprotocols: ['chat'] })
    expect((await ws.lane().run(ws.prepare('x'))).error).toBe('protocol')
  })

  test.each(['', 'HTTP/1.1 101 Swi'])('that ends after %j is an error of class closed', async (answer) => {
    await using server = await serveFrames({ open: ({ socket }) => void socket.end(answer) })
    await using ws = await open(server.port)
    const ended = await ws.lane().run(ws.prepare('x'))
    expect(ended).toMatchObject({ error: 'closed', detail: 'closed before it was open' })
  })

  test('that is reset is an error of class reset', async () => {
    await using server = await serveFrames({ open: ({ socket }) => void socket.resetAndDestroy() })
    await using ws = await open(server.port)
    expect((await ws.lane().run(ws.prepare('x'))).error).toBe('reset')
  })

  test('that nobody answers ends with the attempt', async () => {
    await using server = await serveSockets(() => {})
    await using ws = await open(server.port, {}, { timeoutNs: 40e6 })
    const lane = ws.lane()
    expect((await lane.run(ws.prepare('x'))).error).toBe('timeout')
    expect(lane.events).toEqual(['timeout'])
  })

  test('with an answer in the same packet loses nothing of it', async () => {
    await using server = await serveFrames({
      open: ({ socket, request }) => {
        socket.write(Buffer.concat([Buffer.from(handshakeOf(request)), frameOf(text, 'already')]))
      },
    })
    await using ws = await open(server.port)
    const lane = ws.lane()
    expect((await lane.run(ws.prepare('x', { body: 'already' }))).error).toBe(null)
  })

  test('at a port where nobody listens is an error of class refused', async () => {
    const server = await serveSockets(() => {})
    await server[Symbol.asyncDispose]()
    await using ws = await open(server.port)
    expect(await ws.lane().run(ws.prepare('x'))).toMatchObject({ error: 'refused', detail: 'ECONNREFUSED' })
  })
})

describe('frames', () => {
  const badText = Buffer.from([0xc3, 0x28])
  test.each<[string, Buffer]>([
    ['of an unknown opcode', frameOf(3, 'x')],
    ['with reserved bits', Buffer.from([0xf1, 1, 120])],
    ['that are masked', frameOf(text, 'x', { masked: true })],
    ['that go on with what never began', frameOf(0, 'x')],
    ['that begin anew before the end', Buffer.concat([frameOf(text, 'x', { last: false }), frameOf(text, 'y')])],
    ['of text that is no UTF-8', frameOf(text, badText)],
    ['of a ping in fragments', frameOf(ping, 'x', { last: false })],
    ['of a long ping', frameOf(ping, 'x'.repeat(126))],
    ['of a length beyond all bounds', Buffer.concat([Buffer.from([0x82, 127]), Buffer.alloc(8, 0xff)])],
    ['of a length beyond the limit', Buffer.concat([Buffer.from([0x82, 127, 0, 0, 0, 1]), Buffer.alloc(4)])],
    ['of a close with half a code', frameOf(close, 'x')],
    ['of a close with a code that is none', frameOf(close, Buffer.from([0, 1]))],
    ['of a close whose reason is no UTF-8', frameOf(close, Buffer.concat([Buffer.from([3, 232]), badText]))],
  ])('%s are an error of class protocol', async (_, frames) => {
    await using server = await serveFrames({ answer: ({ socket }, number) => number === 0 && socket.write(frames) })
    await using ws = await open(server.port)
    const lane = ws.lane()
    const ended = await lane.run(ws.prepare('x'))
    expect(ended.error).toBe('protocol')
    expect(ended.detail).toBeTruthy()
    await until('the connection is gone', () => server.sockets.size === 0)
  })
})

describe('a server that closes', () => {
  test.each([1000, 1001])('an idle connection with %i makes the next attempt take a new one', async (code) => {
    await using server = await serveMessages(echo)
    await using ws = await open(server.port)
    const lane = ws.lane()
    await lane.run(ws.prepare('x'))
    server.peers[0]?.close(code)
    await until('it is closed', () => server.sockets.size === 0)
    expect((await lane.run(ws.prepare('x'))).error).toBe(null)
    expect(server.codes).toEqual([code])
    expect(lane.events).toEqual(['connected', 'firstByte', 'ok', 'connected', 'firstByte', 'ok'])
  })

  test('during an attempt fails it at once with the code, though it keeps the connection', async () => {
    await using server = await serveFrames({
      answer: ({ socket }, number) => number === 0 && socket.write(frameOf(close, Buffer.from([3, 243]))),
    })
    await using ws = await open(server.port)
    const lane = ws.lane()
    expect(await lane.run(ws.prepare('x'))).toMatchObject({ error: 'closed', detail: 'closed with code 1011' })
    expect(lane.events).toEqual(['connected', 'closed'])
  })

  test.each([1000, 1001, 1011])('during an attempt with %i has said so, and nothing is sent again', async (code) => {
    await using server = await serveMessages((peer, message, number) => {
      if (number === 0) peer.send(message)
      else peer.close(code)
    })
    await using ws = await open(server.port)
    const lane = ws.lane()
    await lane.run(ws.prepare('one'))
    expect(await lane.run(ws.prepare('two'))).toMatchObject({ error: 'closed', detail: `closed with code ${code}` })
    expect(lane.events).not.toContain('resent')
    expect((await lane.run(ws.prepare('one'))).error).toBe(null)
  })

  test('right behind the answer has given the answer, and the next takes a new connection', async () => {
    await using server = await serveFrames({
      answer: ({ socket }, number) =>
        number === 0 && socket.write(Buffer.concat([frameOf(text, 'bye'), frameOf(close, Buffer.from([3, 232]))])),
    })
    await using ws = await open(server.port)
    const lane = ws.lane()
    const request = ws.prepare('x', { body: 'bye' })
    lane.next = () => lane.start(request)
    expect((await lane.run(request)).error).toBe(null)
    await until('the second ends', () => lane.ended.length === 2)
    expect(lane.ended[1]?.error).toBe(null)
    expect(server.peers.length).toBe(2)
    expect(ws.counters['websocket.unasked']).toBe(0)
  })

  test('without a close frame, on a connection that had served, has the message once more', async () => {
    await using server = await serveMessages((peer, message, number) => {
      if (number === 0) peer.send(message)
      else peer.terminate()
    })
    await using ws = await open(server.port)
    const lane = ws.lane()
    await lane.run(ws.prepare('one'))
    expect(await lane.run(ws.prepare('two', { body: 'two' }))).toMatchObject({ error: null, sent: 18 })
    expect(lane.events.slice(3)).toEqual(['resent', 'connected', 'firstByte', 'ok'])
  })

  test('without a close frame, in the middle of a message, is an error of class closed', async () => {
    await using server = await serveFrames({
      answer: ({ socket }) => void socket.end(frameOf(text, 'whole').subarray(0, 4)),
    })
    await using ws = await open(server.port)
    expect(await ws.lane().run(ws.prepare('x'))).toMatchObject({
      error: 'closed',
      detail: 'closed before the answer was complete',
    })
  })

  test('by a reset is an error of class reset', async () => {
    await using server = await serveFrames({ answer: ({ socket }) => void socket.resetAndDestroy() })
    await using ws = await open(server.port)
    expect((await ws.lane().run(ws.prepare('x'))).error).toBe('reset')
  })
})

describe('a message that nobody asked for', () => {
  test('on an idle connection ends it and is counted', async () => {
    await using server = await serveMessages(echo)
    await using ws = await open(server.port)
    const lane = ws.lane()
    await lane.run(ws.prepare('one'))
    server.peers[0]?.send('news')
    await until('it is counted', () => ws.counters['websocket.unasked'] === 1)
    expect((await lane.run(ws.prepare('two', { body: 'two' }))).error).toBe(null)
    expect(server.peers.length).toBe(2)
  })

  test.each<[string, Buffer]>([
    ['whole', frameOf(text, 'news')],
    ['begun', frameOf(binary, 'news').subarray(0, 1)],
    ['empty', frameOf(text, '')],
  ])('right behind the answer (%s) is no answer to the next', async (_, news) => {
    await using server = await serveFrames({
      answer: ({ socket }, number) => {
        if (number === 0) socket.write(Buffer.concat([frameOf(text, 'one'), news]))
      },
    })
    await using ws = await open(server.port)
    const lane = ws.lane()
    const request = ws.prepare('x', { body: 'one' })
    lane.next = () => lane.start(request)
    expect((await lane.run(request)).error).toBe(null)
    await until('the second ends', () => lane.ended.length === 2)
    expect(lane.ended[1]?.error).toBe(null)
    expect(ws.counters['websocket.unasked']).toBe(2)
    expect(server.peers.length).toBe(2)
  })
})

describe('connections', () => {
  test('are no more than allowed', async () => {
    await using server = await serveMessages((peer, message) => {
      void realClock.sleep(2e6).then(() => peer.send(message))
    })
    await using ws = await open(server.port, {}, { connections: 3 })
    const errors = Array.from({ length: 12 }, async (_, index) => {
      const lane = ws.lane()
      const request = ws.prepare(`${index}`, { body: `${index}` })
      return [(await lane.run(request)).error, (await lane.run(request)).error]
    })
    expect(new Set((await Promise.all(errors)).flat())).toEqual(new Set([null]))
    expect(server.peers.length).toBe(3)
  })

  test('of an attempt that took too long, or was cancelled, are not used again', async () => {
    await using server = await serveMessages((peer, message) => {
      if (message !== 'hang') peer.send(message)
    })
    await using ws = await open(server.port, {}, { timeoutNs: 150e6 })
    const lane = ws.lane()
    expect((await lane.run(ws.prepare('hang'))).error).toBe('timeout')
    lane.start(ws.prepare('hang'))
    await until('it is with the server', () => server.messages.length === 2)
    lane.lane.cancel()
    expect((await lane.run(ws.prepare('next', { body: 'next' }))).error).toBe(null)
    expect(lane.events).toEqual(['connected', 'timeout', 'connected', 'connected', 'firstByte', 'ok'])
    expect(server.peers.length).toBe(3)
  })

  test('can be given up while they are being opened', async () => {
    await using server = await serveMessages(echo)
    await using ws = await open(server.port)
    const lane = ws.lane()
    lane.start(ws.prepare('one'))
    lane.lane.cancel()
    expect((await lane.run(ws.prepare('two', { body: 'two' }))).error).toBe(null)
    expect(lane.events).toEqual(['connected', 'firstByte', 'ok'])
    expect(server.messages).toEqual(['text two'])
  })

  test('are closed with the driver, and the server hears 1000', async () => {
    await using server = await serveMessages(echo)
    const ws = await open(server.port, {}, { connections: 2 })
    await Promise.all([ws.lane().run(ws.prepare('x')), ws.lane().run(ws.prepare('x'))])
    await ws[Symbol.asyncDispose]()
    await until('they are gone', () => server.sockets.size === 0)
    expect(server.codes).toEqual([1000, 1000])
  })
})
