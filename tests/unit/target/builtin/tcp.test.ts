import type { Socket } from 'node:net'
import { connect } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { realClock } from '../../../../harness/kernel/clock.ts'
import { type Framing, frameMessage } from '../../../../harness/kernel/framing.ts'
import { createRng } from '../../../../harness/kernel/rng.ts'
import { readTlsFiles } from '../../../../harness/target/builtin/certificates.ts'
import { parseCapacity } from '../../../../harness/target/builtin/capacity.ts'
import { type Knobs, plainKnobs } from '../../../../harness/target/builtin/knobs.ts'
import { startTcpTarget } from '../../../../harness/target/builtin/tcp.ts'
import { serverFiles } from '../../../support/certificate-files.ts'
import { dial, until } from '../../../support/sockets.ts'

interface Changes {
  readonly framing?: Framing
  readonly knobs?: Partial<Knobs>
  readonly onDeath?: () => void
  readonly tls?: ReturnType<typeof readTlsFiles>
}

const serve = ({ knobs, ...changes }: Changes = {}) =>
  startTcpTarget({
    host: '127.0.0.1',
    port: 0,
    knobs: { ...plainKnobs, ...knobs },
    tls: null,
    clock: realClock,
    rng: createRng(1),
    ...changes,
  })

/** Everything that comes over a socket. */
function collect(socket: Socket): { text: string; ended: boolean } {
  const got = { text: '', ended: false }
  socket.on('data', (chunk) => (got.text += chunk.toString('latin1')))
  socket.on('end', () => (got.ended = true))
  return got
}

describe('the TCP target', () => {
  test.each<[string, Framing | undefined, string[]]>([
    ['lines that end with a line feed', undefined, ['hello', '', 'a\rb', 'long '.repeat(30_000)]],
    ['another delimiter', { kind: 'line', delimiter: '\r\n' }, ['one\n', 'two\r', '']],
    ['a length before them', { kind: 'length-prefixed', prefixBytes: 4 }, ['one\n', '', 'x'.repeat(70_000)]],
    ['one size', { kind: 'fixed', sizeBytes: 3 }, ['one', 'two', '\n\n\n']],
  ])('echoes messages with %s, each and in order', async (_, framing, messages) => {
    await using server = await serve(framing && { framing })
    const socket = await dial(server.port)
    const got = collect(socket)
    const used = framing ?? { kind: 'line', delimiter: '\n' }
    const bytes = Buffer.concat(messages.map((message) => frameMessage(used, Buffer.from(message))))
    socket.write(bytes)
    await until('the echo', () => got.text.length === bytes.length)
    expect(got.text).toBe(bytes.toString('latin1'))
    expect(server.stats()).toMatchObject({
      requests: messages.length,
      errors: 0,
      connections: 1,
      open: 1,
      leakedBytes: 0,
    })
    expect(server.url).toBe(`tcp://127.0.0.1:${server.port}`)
    socket.destroy()
    await until('it is closed', () => server.stats().open === 0)
  })

  test('answers nothing to a message that has not ended', async () => {
    await using server = await serve()
    const socket = await dial(server.port)
    const got = collect(socket)
    socket.write('half')
    await realClock.sleep(10e6)
    expect(got.text).toBe('')
    socket.write('\n')
    await until('the echo', () => got.text === 'half\n')
    socket.destroy()
  })

  test('still answers a client that has ended its side, and then ends its own', async () => {
    await using server = await serve({ knobs: { serviceTimeNs: 20e6 } })
    const socket = await dial(server.port)
    const got = collect(socket)
    socket.end('one\ntwo\nthr')
    await until('the end', () => got.ended)
    expect(got.text).toBe('one\ntwo\n')
  })

  test.each<[string, Framing, string]>([
    ['line', { kind: 'line', delimiter: '\n' }, 'error by knob\n'],
    ['length-prefixed', { kind: 'length-prefixed', prefixBytes: 1 }, '\u000derror by knob'],
    ['fixed', { kind: 'fixed', sizeBytes: 5 }, 'error'],
    ['fixed', { kind: 'fixed', sizeBytes: 16 }, 'error by knoberr'],
  ])('answers its share of errors in the framing (%s)', async (_, framing, answer) => {
    await using server = await serve({ framing, knobs: { errorShare: 1 } })
    const socket = await dial(server.port)
    const got = collect(socket)
    socket.write(frameMessage(framing, Buffer.alloc(framing.kind === 'fixed' ? framing.sizeBytes : 2, 'x')))
    await until('the answer', () => got.text.length === answer.length)
    expect(got.text).toBe(answer)
    expect(server.stats()).toMatchObject({ requests: 1, errors: 1 })
    socket.destroy()
  })

  test('answers in order, however long each answer takes', async () => {
    await using server = await serve({ knobs: { stall: { everyNs: 50e6, forNs: 25e6 } } })
    const socket = await dial(server.port)
    const got = collect(socket)
    const lines = Array.from({ length: 100 }, (_, index) => `${index}\n`)
    for (const line of lines) {
      socket.write(line)
      await realClock.sleep(5e5)
    }
    await until('all answers', () => got.text.length === lines.join('').length)
    expect(got.text).toBe(lines.join(''))
    socket.destroy()
  })

  test('does not hear a client that does not read', async () => {
    await using server = await serve()
    const socket = await dial(server.port)
    socket.pause()
    const megabyte = Buffer.from(`${'x'.repeat(2 ** 20 - 1)}\n`)
    for (let sent = 0; sent < 40; sent++) socket.write(megabyte)
    await realClock.sleep(100e6)
    const heard = server.stats().requests
    expect(heard).toBeLessThan(40)
    const got = collect(socket)
    socket.resume()
    await until('all echoes', () => got.text.length === 40 * 2 ** 20)
    expect(server.stats().requests).toBe(40)
    socket.destroy()
  })

  test('cuts off a client whose message is too long, or breaks off', async () => {
    await using server = await serve({ framing: { kind: 'length-prefixed', prefixBytes: 4 } })
    const [tooLong, brokenOff] = [await dial(server.port), await dial(server.port)]
    const got = collect(tooLong)
    tooLong.write(Buffer.alloc(4, 0xff))
    await until('the end', () => got.ended || tooLong.destroyed)
    brokenOff.resetAndDestroy()
    tooLong.destroy()
    await until('both are gone', () => server.stats().open === 0)
    expect(server.stats()).toMatchObject({ requests: 0, connections: 2 })
  })

  test('with TLS keeps no connection that is given up in its handshake, and answers one that has ended its side', async () => {
    const tls = readTlsFiles({ ...serverFiles, clientCa: null })
    await using server = await serve({ tls, knobs: { serviceTimeNs: 20e6 } })
    const [silent, brokenOff] = [await dial(server.port), await dial(server.port)]
    brokenOff.write(Buffer.from([22, 3, 1]))
    await until('both are there', () => server.stats().open === 2)
    silent.destroy()
    brokenOff.destroy()
    await until('both are gone', () => server.stats().open === 0)
    const halfOpen = { port: server.port, host: '127.0.0.1', rejectUnauthorized: false, allowHalfOpen: true }
    const secured = connect(halfOpen)
    const got = collect(secured)
    secured.end('one\ntwo\n')
    await until('the end', () => got.ended)
    expect(got.text).toBe('one\ntwo\n')
  })

  test('dies of the message that it is told to, unanswered', async () => {
    let deaths = 0
    await using server = await serve({ knobs: { dieAfter: 2 }, onDeath: () => deaths++ })
    const socket = await dial(server.port)
    const got = collect(socket)
    socket.write('one\ntwo\n')
    await until('its death', () => deaths === 1)
    await until('the first answer', () => got.text !== '')
    expect(got.text).toBe('one\n')
    socket.destroy()
  })

  test('refuses a framing that frames nothing', async () => {
    await expect(serve({ framing: { kind: 'line', delimiter: '' } })).rejects.toThrow('empty delimiter')
  })

  test('says who has the port', async () => {
    await using server = await serve()
    const again = startTcpTarget({
      host: '127.0.0.1',
      port: server.port,
      knobs: plainKnobs,
      tls: null,
      clock: realClock,
      rng: createRng(1),
    })
    await expect(again).rejects.toMatchObject({ code: 'port-taken' })
  })

  test('with a capacity counts what it served to nobody', async () => {
    await using server = await serve({ knobs: { capacity: parseCapacity({ perSecond: 25 }) } })
    const socket = await dial(server.port)
    socket.write('one\ntwo\n')
    await until('the second to wait', () => server.stats().queue?.queued === 1)
    socket.resetAndDestroy()
    await until('both to be served', () => server.stats().queue?.served === 2)
    expect(server.stats().queue).toMatchObject({ wasted: 2 })
  })
})
