import type { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { realClock } from '../../../../harness/kernel/clock.ts'
import { type Framing, frameMessage } from '../../../../harness/kernel/framing.ts'
import type { DriverContext } from '../../../../harness/load/driver.ts'
import { openTcpDriver } from '../../../../harness/load/tcp/driver.ts'
import { keptBodyLimitBytes } from '../../../../harness/workload/reply.ts'
import type { TcpConnection } from '../../../../harness/workload/protocols/tcp.ts'
import { openMessages } from '../../../support/message-lanes.ts'
import { serveSockets, until } from '../../../support/sockets.ts'

const lines: Framing = { kind: 'line', delimiter: '\n' }
const plain: TcpConnection = { framing: lines, tls: null, maxMessageBytes: 2 ** 30 }

/** A driver of lines to a port, but for what a test changes. */
function open(port: number, connection: Partial<TcpConnection> = {}, changes: Partial<DriverContext<'tcp'>> = {}) {
  return openMessages(openTcpDriver, { connection: { ...plain, ...connection }, port, ...changes })
}

/** Calls back for each line of a client, with the number that it has on its connection. */
async function serveLines(answer: (line: string, socket: Socket, number: number) => void) {
  const connections: Socket[] = []
  const lines: string[] = []
  const server = await serveSockets((socket) => {
    connections.push(socket)
    let rest = ''
    let number = 0
    socket.on('end', () => socket.end())
    socket.on('data', (chunk: Buffer) => {
      const parts = (rest + chunk.toString('latin1')).split('\n')
      rest = parts.pop() ?? ''
      for (const line of parts) {
        lines.push(line)
        answer(line, socket, number++)
      }
    })
  })
  return { ...server, [Symbol.asyncDispose]: server[Symbol.asyncDispose], port: server.port, connections, lines }
}

const echo = (line: string, socket: Socket): void => void socket.write(`${line}\n`)

describe('an attempt', () => {
  test('ends with the answer, and tells what happened in order', async () => {
    await using server = await serveLines(echo)
    await using tcp = await open(server.port)
    const lane = tcp.lane()
    const ended = await lane.run(tcp.prepare('hello', { body: 'hello' }))
    expect(ended).toMatchObject({ error: null, status: 0, detail: null, sent: 6, received: 6 })
    expect(lane.events).toEqual(['connected', 'firstByte', 'ok'])
    expect(lane.lane.reply).toMatchObject({ sizeBytes: 6, bodyBytes: 5 })
    expect(lane.lane.reply.header('any')).toBe(null)
    expect(lane.lane.reply.headerNames()).toEqual([])
  })

  test('uses the connection of the one before', async () => {
    await using server = await serveLines(echo)
    await using tcp = await open(server.port)
    const lane = tcp.lane()
    for (const text of ['a', 'b', 'c']) expect((await lane.run(tcp.prepare(text, { body: text }))).error).toBe(null)
    expect(server.connections.length).toBe(1)
    expect(lane.events).toEqual(['connected', 'firstByte', 'ok', 'firstByte', 'ok', 'firstByte', 'ok'])
  })

  test('can be started within the end of the one before', async () => {
    await using server = await serveLines(echo)
    await using tcp = await open(server.port)
    const lane = tcp.lane()
    const again = tcp.prepare('again', { body: 'again' })
    lane.next = () => lane.start(again)
    await lane.run(tcp.prepare('once', { body: 'once' }))
    await until('the second ends', () => lane.ended.length === 2)
    expect(lane.ended.map(({ error }) => error)).toEqual([null, null])
    expect(server.connections.length).toBe(1)
  })

  test.each<[string, Framing]>([
    ['lines ended by CR LF', { kind: 'line', delimiter: '\r\n' }],
    ['a prefix of 1 byte', { kind: 'length-prefixed', prefixBytes: 1 }],
    ['a prefix of 2 bytes', { kind: 'length-prefixed', prefixBytes: 2 }],
    ['a prefix of 4 bytes', { kind: 'length-prefixed', prefixBytes: 4 }],
    ['a fixed size', { kind: 'fixed', sizeBytes: 5 }],
  ])('is framed by %s, in the pieces that it comes in', async (_, framing) => {
    const framed = frameMessage(framing, Buffer.from('a\rb\nc'))
    await using server = await serveSockets((socket) => {
      socket.on('data', (chunk: Buffer) => void answerInPieces(socket, chunk))
    })
    await using tcp = await open(server.port, { framing })
    const lane = tcp.lane()
    const request = tcp.prepare('a\rb\nc', { body: 'a\rb\nc' })
    for (let round = 0; round < 2; round++) {
      const ended = await lane.run(request)
      expect(ended).toMatchObject({ error: null, sent: framed.length, received: framed.length })
    }
  })

  async function answerInPieces(socket: Socket, bytes: Buffer): Promise<void> {
    for (const byte of bytes) {
      socket.write(Buffer.from([byte]))
      await realClock.sleep(1e6)
    }
  }

  test('with several replies ends with the last, which is the one that is compared', async () => {
    await using server = await serveLines((line, socket) => socket.write(`one\ntwo\n${line}\n`))
    await using tcp = await open(server.port)
    const lane = tcp.lane()
    const three = tcp.prepare({ send: 'three', replies: 3 }, { body: 'three' })
    expect(await lane.run(three)).toMatchObject({ error: null, received: 14 })
    expect(await lane.run(three)).toMatchObject({ error: null, received: 14 })
    const other = tcp.prepare({ send: 'four', replies: 3 }, { body: 'one' })
    expect(await lane.run(other)).toMatchObject({ error: 'body' })
    expect(server.connections.length).toBe(1)
    expect(tcp.counters['tcp.unasked']).toBe(0)
  })

  test('without replies ends when the bytes are written', async () => {
    await using server = await serveLines(() => {})
    await using tcp = await open(server.port)
    const lane = tcp.lane()
    const request = tcp.prepare({ send: 'fire', replies: 0 })
    expect(await lane.run(request)).toMatchObject({ error: null, sent: 5, received: 0 })
    expect(await lane.run(request)).toMatchObject({ error: null, sent: 5, received: 0 })
    await until('both lines have come', () => server.lines.length === 2)
    expect(lane.events).toEqual(['connected', 'ok', 'ok'])
  })

  test.each(['hex', 'base64'] as const)('sends and compares bytes that are written in %s', async (encoding) => {
    const bytes = Buffer.from([0, 255, 16, 13, 200])
    const framing: Framing = { kind: 'fixed', sizeBytes: 5 }
    await using server = await serveSockets((socket) => socket.on('data', (chunk) => socket.write(chunk)))
    await using tcp = await open(server.port, { framing })
    const send = bytes.toString(encoding)
    const other = Buffer.from([0, 255, 16, 13, 201]).toString(encoding)
    const lane = tcp.lane()
    expect((await lane.run(tcp.prepare({ send, encoding }, { body: send }))).error).toBe(null)
    expect((await lane.run(tcp.prepare({ send, encoding }, { body: other }))).error).toBe('body')
  })

  test('carries a message of several megabytes', async () => {
    await using server = await serveSockets((socket) => void socket.pipe(socket))
    await using tcp = await open(server.port)
    const text = 'x'.repeat(5_000_000)
    const ended = await tcp.lane().run(tcp.prepare(text, { body: text }))
    expect(ended).toMatchObject({ error: null, sent: 5_000_001, received: 5_000_001 })
  })
})

describe('a reply', () => {
  test('other than expected is an error of class body, and the connection goes on', async () => {
    await using server = await serveLines(echo)
    await using tcp = await open(server.port)
    const lane = tcp.lane()
    for (const body of ['', 'hell', 'hello!', 'jello']) {
      expect(await lane.run(tcp.prepare('hello', { body }))).toMatchObject({
        error: 'body',
        detail: 'a message other than the expected one',
      })
    }
    expect(server.connections.length).toBe(1)
  })

  test('is kept only for checks and extractions', async () => {
    await using server = await serveLines((_, socket) => socket.write('{"a":1}\n'))
    await using tcp = await open(server.port)
    const lane = tcp.lane()
    const check = { kind: 'json', pointer: '/a', equals: 1 } as const
    expect((await lane.run(tcp.prepare('x'))).body).toBe('')
    expect((await lane.run(tcp.prepare('x', { checks: [check] }))).body).toBe('{"a":1}')
    const extract = [{ name: 'a', kind: 'json', pointer: '/a' }] as const
    expect((await lane.run(tcp.prepare('x', {}, { extract }))).body).toBe('{"a":1}')
  })

  test('that fails a check is an error of class check, which says why', async () => {
    await using server = await serveLines((_, socket) => socket.write('{"a":2}\n'))
    await using tcp = await open(server.port)
    const check = { kind: 'json', pointer: '/a', equals: 1 } as const
    const ended = await tcp.lane().run(tcp.prepare('x', { checks: [check] }))
    expect(ended.error).toBe('check')
    expect(ended.detail).toContain('/a is 2')
  })

  test('is judged by its own size, not by that of its framing', async () => {
    await using server = await serveLines((_, socket) => socket.write('one\nthree\n'))
    await using tcp = await open(server.port)
    const check = { kind: 'size', minBytes: 5, maxBytes: 5 } as const
    expect((await tcp.lane().run(tcp.prepare({ send: 'x', replies: 2 }, { checks: [check] }))).error).toBe(null)
  })

  test('longer than allowed is an error of class protocol, before it has ended', async () => {
    await using server = await serveLines((_, socket) => socket.write('12345678'))
    await using tcp = await open(server.port, { maxMessageBytes: 7 })
    const lane = tcp.lane()
    expect(await lane.run(tcp.prepare('x'))).toMatchObject({
      error: 'protocol',
      detail: 'a message of more than 7 bytes',
    })
    await lane.run(tcp.prepare('x'))
    expect(server.connections.length).toBe(2)
  })

  test('too long to be kept is an error of class protocol for who looks at it, and counted for others', async () => {
    const bytes = Buffer.alloc(keptBodyLimitBytes + 1, 'x')
    await using server = await serveLines((_, socket) => {
      socket.write(bytes)
      socket.write('\n')
    })
    await using tcp = await open(server.port)
    const lane = tcp.lane()
    const check = { kind: 'body-contains', text: 'x' } as const
    expect(await lane.run(tcp.prepare('x', { checks: [check] }))).toMatchObject({ error: 'protocol' })
    expect(await lane.run(tcp.prepare('x'))).toMatchObject({ error: null, received: bytes.length + 1 })
  })
})

describe('connections', () => {
  test('are no more than allowed, and those who wait get them in their order', async () => {
    const held: (() => void)[] = []
    await using server = await serveLines((line, socket) => held.push(() => socket.write(`${line}\n`)))
    await using tcp = await open(server.port, {}, { connections: 2 })
    const lanes = Array.from({ length: 5 }, () => tcp.lane())
    const ends: number[] = []
    const runs = lanes.map(async (lane, index) => {
      const { error } = await lane.run(tcp.prepare(`${index}`, { body: `${index}` }))
      ends.push(index)
      return error
    })
    for (let index = 0; index < 5; index++) {
      await until('a line is held', () => held.length > 0)
      held.shift()?.()
      await until('it ends', () => ends.length > index)
    }
    expect(await Promise.all(runs)).toEqual([null, null, null, null, null])
    expect(server.lines.toSorted()).toEqual(['0', '1', '2', '3', '4'])
    expect(ends.slice(2)).toEqual([2, 3, 4])
    expect(server.connections.length).toBe(2)
    expect(lanes.map(({ events }) => events[0])).toEqual(['connected', 'connected', 'granted', 'granted', 'granted'])
  })

  test('are made only when they are needed', async () => {
    await using server = await serveLines(echo)
    await using tcp = await open(server.port, {}, { connections: 50 })
    for (let round = 0; round < 3; round++) await tcp.lane().run(tcp.prepare('x'))
    expect(server.connections.length).toBe(1)
  })

  test('read in turn through the same memory without mixing', async () => {
    await using server = await serveSockets((socket) => void socket.pipe(socket))
    await using tcp = await open(server.port, {}, { connections: 40 })
    const results = Array.from({ length: 40 }, async (_, index) => {
      const lane = tcp.lane()
      const errors: unknown[] = []
      for (let round = 0; round < 5; round++) {
        const text = `${index}.${round};`.repeat(1 + ((index * 997 + round * 7919) % 9000))
        errors.push((await lane.run(tcp.prepare(text, { body: text }))).error)
      }
      return errors
    })
    expect(new Set((await Promise.all(results)).flat())).toEqual(new Set([null]))
  })

  test('that are refused are told as that', async () => {
    const server = await serveLines(echo)
    await server[Symbol.asyncDispose]()
    await using tcp = await open(server.port)
    const ended = await tcp.lane().run(tcp.prepare('x'))
    expect(ended).toMatchObject({ error: 'refused', detail: 'ECONNREFUSED', sent: 0, received: 0 })
  })

  test('are closed with the driver', async () => {
    await using server = await serveLines(echo)
    const tcp = await open(server.port, {}, { connections: 3 })
    await Promise.all(Array.from({ length: 3 }, () => tcp.lane().run(tcp.prepare('x'))))
    expect(server.sockets.size).toBe(3)
    await tcp[Symbol.asyncDispose]()
    await until('they are gone', () => server.sockets.size === 0)
  })
})

describe('an attempt without an answer', () => {
  test('fails with timeout, and its late answer is not taken for that of the next', async () => {
    await using server = await serveLines((line, socket, number) => {
      if (line === 'late') void realClock.sleep(130e6).then(() => socket.write('late\n'))
      else if (number === 0) socket.write('next\n')
    })
    await using tcp = await open(server.port, {}, { timeoutNs: 100e6 })
    const lane = tcp.lane()
    const startNs = realClock.nowNs()
    expect(await lane.run(tcp.prepare('late'))).toMatchObject({ error: 'timeout', detail: null, sent: 5 })
    expect(realClock.nowNs() - startNs).toBeGreaterThanOrEqual(100e6)
    expect(await lane.run(tcp.prepare('next', { body: 'next' }))).toMatchObject({ error: null })
    await realClock.sleep(60e6)
    expect(await lane.run(tcp.prepare('late'))).toMatchObject({ error: 'timeout' })
    expect(server.connections.length).toBe(2)
    expect(tcp.counters['tcp.unasked']).toBe(0)
  })

  test('has its own time, however long ago the connection was used first', async () => {
    await using server = await serveLines((line, socket) => {
      if (line === 'hang') return
      void realClock.sleep(50e6).then(() => socket.write(`${line}\n`))
    })
    await using tcp = await open(server.port, {}, { timeoutNs: 200e6 })
    const lane = tcp.lane()
    for (let round = 0; round < 5; round++) expect((await lane.run(tcp.prepare('x'))).error).toBe(null)
    const startNs = realClock.nowNs()
    expect((await lane.run(tcp.prepare('hang'))).error).toBe('timeout')
    const tookNs = realClock.nowNs() - startNs
    expect(tookNs).toBeGreaterThanOrEqual(200e6)
    expect(tookNs).toBeLessThan(390e6)
  })

  test('that is cancelled tells nothing more, and its connection is not used again', async () => {
    await using server = await serveLines((line, socket, number) => {
      if (number === 0 && line === 'given up') void realClock.sleep(20e6).then(() => socket.write('too late\n'))
      else socket.write(`${line}\n`)
    })
    await using tcp = await open(server.port)
    const lane = tcp.lane()
    lane.start(tcp.prepare('given up'))
    await until('it is with the server', () => server.lines.length === 1)
    lane.lane.cancel()
    expect(lane.events).toEqual(['connected'])
    expect(lane.lane.sentBytes).toBe(9)
    expect(await lane.run(tcp.prepare('next', { body: 'next' }))).toMatchObject({ error: null })
    expect(lane.events).toEqual(['connected', 'connected', 'firstByte', 'ok'])
    await until('the first is gone', () => server.sockets.size === 1)
  })

  test('can be cancelled before it is connected, and while it waits', async () => {
    await using server = await serveLines(echo)
    await using tcp = await open(server.port)
    const [first, second, third] = [tcp.lane(), tcp.lane(), tcp.lane()] as const
    first.start(tcp.prepare('first'))
    second.start(tcp.prepare('second'))
    const run = third.run(tcp.prepare('third', { body: 'third' }))
    second.lane.cancel()
    first.lane.cancel()
    first.lane.cancel()
    expect((await run).error).toBe(null)
    expect(first.events).toEqual([])
    expect(second.events).toEqual([])
    expect(third.events).toEqual(['granted', 'connected', 'firstByte', 'ok'])
    expect(server.lines).toEqual(['third'])
  })
})

describe('a peer that closes', () => {
  test('an idle connection makes the next attempt take a new one, without an error', async () => {
    await using server = await serveLines((line, socket) => {
      socket.write(`${line}\n`)
      void realClock.sleep(5e6).then(() => socket.end())
    })
    await using tcp = await open(server.port)
    const lane = tcp.lane()
    expect((await lane.run(tcp.prepare('x'))).error).toBe(null)
    await until('it is closed', () => server.sockets.size === 0)
    expect((await lane.run(tcp.prepare('x'))).error).toBe(null)
    expect(lane.events).toEqual(['connected', 'firstByte', 'ok', 'connected', 'firstByte', 'ok'])
  })

  test('a connection that had served, without a byte, has the message once more', async () => {
    await using server = await serveLines((line, socket, number) => {
      if (number === 0) socket.write(`${line}\n`)
      else socket.end()
    })
    await using tcp = await open(server.port)
    const lane = tcp.lane()
    await lane.run(tcp.prepare('one', { body: 'one' }))
    expect(await lane.run(tcp.prepare('two', { body: 'two' }))).toMatchObject({ error: null, sent: 8, received: 4 })
    expect(lane.events.slice(3)).toEqual(['resent', 'connected', 'firstByte', 'ok'])
    expect(server.lines).toEqual(['one', 'two', 'two'])
  })

  test('only once more: the second time it is an error', async () => {
    await using server = await serveLines((line, socket) => {
      if (line === 'one') socket.write('one\n')
      else socket.end()
    })
    await using tcp = await open(server.port)
    const lane = tcp.lane()
    await lane.run(tcp.prepare('one'))
    expect(await lane.run(tcp.prepare('two'))).toMatchObject({ error: 'closed' })
    expect(lane.events.slice(3)).toEqual(['resent', 'connected', 'closed'])
    expect(server.lines).toEqual(['one', 'two', 'two'])
  })

  test('a new connection without a byte is an error', async () => {
    await using server = await serveLines((_, socket) => socket.end())
    await using tcp = await open(server.port)
    const ended = await tcp.lane().run(tcp.prepare('x'))
    expect(ended).toMatchObject({ error: 'closed', detail: 'closed before the answer was complete' })
  })

  test('in the middle of a message is an error of class closed', async () => {
    await using server = await serveLines((_, socket, number) => {
      if (number === 0) socket.write('whole\n')
      else socket.end('half')
    })
    await using tcp = await open(server.port)
    const lane = tcp.lane()
    await lane.run(tcp.prepare('x'))
    expect(await lane.run(tcp.prepare('x'))).toMatchObject({ error: 'closed', received: 4 })
    expect(lane.events).not.toContain('resent')
  })

  test('right after the answer has given the answer', async () => {
    await using server = await serveLines((line, socket) => socket.end(`${line}\n`))
    await using tcp = await open(server.port)
    const lane = tcp.lane()
    for (let round = 0; round < 3; round++) expect((await lane.run(tcp.prepare('x', { body: 'x' }))).error).toBe(null)
  })

  test('by a reset is an error of class reset, also where it had served', async () => {
    await using server = await serveLines((line, socket, number) => {
      if (number === 0) socket.write(`${line}\n`)
      else socket.resetAndDestroy()
    })
    await using tcp = await open(server.port)
    const lane = tcp.lane()
    await lane.run(tcp.prepare('x'))
    expect(await lane.run(tcp.prepare('x'))).toMatchObject({ error: 'reset', detail: 'ECONNRESET' })
    expect(lane.events).not.toContain('resent')
  })
})

describe('a message that nobody asked for', () => {
  test('on an idle connection ends it and is counted', async () => {
    await using server = await serveLines((line, socket, number) => {
      socket.write(`${line}\n`)
      if (number === 0 && line === 'one') void realClock.sleep(10e6).then(() => socket.write('news\n'))
    })
    await using tcp = await open(server.port)
    const lane = tcp.lane()
    await lane.run(tcp.prepare('one', { body: 'one' }))
    await until('it is counted', () => tcp.counters['tcp.unasked'] === 1)
    expect(await lane.run(tcp.prepare('two', { body: 'two' }))).toMatchObject({ error: null })
    expect(server.connections.length).toBe(2)
  })

  test.each(['one\nnews\n', 'one\nne', 'one\n\n'])(
    'right behind the answer (%j) is no answer to the next',
    async (answer) => {
      await using server = await serveLines((line, socket) => socket.write(line === 'one' ? answer : `${line}\n`))
      await using tcp = await open(server.port)
      const lane = tcp.lane()
      const two = tcp.prepare('two', { body: 'two' })
      lane.next = () => lane.start(two)
      expect(await lane.run(tcp.prepare('one', { body: 'one' }))).toMatchObject({ error: null })
      await until('the second ends', () => lane.ended.length === 2)
      expect(lane.ended[1]).toMatchObject({ error: null })
      expect(tcp.counters['tcp.unasked']).toBe(1)
      expect(server.connections.length).toBe(2)
    },
  )

  test('as the answer to one that wants none is not that of a later one', async () => {
    await using server = await serveLines(echo)
    await using tcp = await open(server.port)
    const lane = tcp.lane()
    await lane.run(tcp.prepare({ send: 'quiet', replies: 0 }))
    await realClock.sleep(20e6)
    expect(tcp.counters['tcp.unasked']).toBe(0)
    expect(await lane.run(tcp.prepare('two', { body: 'two' }))).toMatchObject({ error: null })
  })
})

describe('a message that cannot be sent', () => {
  test('for its encoding is refused when it is made ready', async () => {
    await using tcp = await open(1)
    for (const send of ['0', '0g', 'xx']) {
      expect(() => tcp.prepare({ send, encoding: 'hex' })).toThrow('a message is not hex')
    }
    expect(() => tcp.prepare({ send: 'a$b=', encoding: 'base64' })).toThrow('a message is not base64')
    expect(() => tcp.prepare({ send: 'AbCd', encoding: 'hex' })).not.toThrow()
    for (const send of ['', 'YQ', 'YQ==', 'YWI=', 'YWJj']) {
      expect(() => tcp.prepare({ send, encoding: 'base64' })).not.toThrow()
    }
  })

  test('for its size is refused when it is made ready', async () => {
    await using tcp = await open(1, { framing: { kind: 'fixed', sizeBytes: 4 } })
    expect(() => tcp.prepare('12345')).toThrow('does not fit its framing')
  })
})
