import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { realClock } from '../../../../harness/kernel/clock.ts'
import { createRng } from '../../../../harness/kernel/rng.ts'
import { type Knobs, plainKnobs } from '../../../../harness/target/builtin/knobs.ts'
import { startUdpTarget } from '../../../../harness/target/builtin/udp.ts'
import { until } from '../../../support/sockets.ts'

const start = (knobs: Partial<Knobs> = {}, more: { host?: string; port?: number; onDeath?: () => void } = {}) =>
  startUdpTarget({
    host: '127.0.0.1',
    port: 0,
    knobs: { ...plainKnobs, ...knobs },
    tls: null,
    clock: realClock,
    rng: createRng(1),
    ...more,
  })

/** A client of a port; it has an answer within a second, or null. */
async function connectTo(port: number, host = '127.0.0.1') {
  const socket: Socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  const answers: Buffer[] = []
  socket.on('message', (bytes) => answers.push(bytes))
  socket.on('error', () => {})
  socket.connect(port, host)
  await once(socket, 'connect')
  return {
    answers,
    send: (bytes: Uint8Array) => socket.send(bytes),
    async ask(bytes: Uint8Array): Promise<Buffer> {
      socket.send(bytes)
      await until('an answer comes', () => answers.length > 0)
      return answers.shift()!
    },
    [Symbol.asyncDispose]: async () => {
      socket.close()
      await once(socket, 'close')
    },
  }
}

describe('the built-in UDP server', () => {
  test.each(['127.0.0.1', '::1', 'localhost'])('sends back at %s what it gets, of any size', async (host) => {
    await using target = await start({}, { host })
    expect(target.url).toBe(`udp://${host === '::1' ? '[::1]' : host}:${target.port}`)
    await using client = await connectTo(target.port, host)
    for (const size of [0, 1, 16, 1472, 65_507]) {
      const bytes = Buffer.alloc(size, size)
      expect((await client.ask(bytes)).equals(bytes)).toBe(true)
    }
    expect(target.stats()).toMatchObject({ requests: 5, errors: 0, connections: 0, open: 0, leakedBytes: 0 })
  })

  test('spoils the error share, header and all else intact', async () => {
    await using target = await start({ errorShare: 1 })
    await using client = await connectTo(target.port)
    const bytes = Buffer.from('sixteen bytes and more')
    expect(await client.ask(bytes)).toEqual(Buffer.concat([bytes, Buffer.alloc(1)]))
    expect((await client.ask(Buffer.alloc(65_507))).length).toBe(65_506)
    expect(target.stats()).toMatchObject({ requests: 2, errors: 2 })
  })

  test('waits before it answers', async () => {
    await using target = await start({ serviceTimeNs: 30e6 })
    await using client = await connectTo(target.port)
    const fromNs = realClock.nowNs()
    await client.ask(Buffer.from('x'))
    expect(realClock.nowNs() - fromNs).toBeGreaterThanOrEqual(30e6)
  })

  test('dies of the request that it is to die of, unanswered', async () => {
    let deaths = 0
    await using target = await start({ dieAfter: 2 }, { onDeath: () => deaths++ })
    await using client = await connectTo(target.port)
    await client.ask(Buffer.from('one'))
    client.send(Buffer.from('two'))
    await until('it dies', () => deaths === 1)
    await realClock.sleep(10e6)
    expect(client.answers).toEqual([])
  })

  test('closes by itself where nobody else can end it, also while it owes an answer', async () => {
    await using target = await start({ dieAfter: 2, serviceTimeNs: 20e6 })
    await using client = await connectTo(target.port)
    client.send(Buffer.from('one'))
    client.send(Buffer.from('two'))
    await until('it has closed', async () => {
      const other = await start({}, { port: target.port }).catch(() => null)
      await other?.close()
      return other !== null
    })
    await realClock.sleep(30e6)
    expect(client.answers).toEqual([])
    await target.close()
  })

  test('says so when its port is taken', async () => {
    await using target = await start()
    await expect(start({}, { port: target.port })).rejects.toMatchObject({ code: 'port-taken', exit: 'environment' })
  })
})
