import { connect, createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { StreamListener } from '../../harness/faults/relay/listener.ts'
import type { Schedule } from '../../harness/faults/schedule.ts'
import { realClock } from '../../harness/kernel/clock.ts'
import { createRng } from '../../harness/kernel/rng.ts'
import { watchClock } from '../support/jump-clock.ts'
import { dial, digestOf, serveSockets, until } from '../support/sockets.ts'
import { layersWith, readingOf, relayTo, ruleOf, untilQuiet } from '../support/stream-arm.ts'

/** How a connect ends; `socket` has to be destroyed. */
function dialling(port: number) {
  const socket = connect({ host: '127.0.0.1', port })
  const state = { how: 'waiting', socket }
  socket.on('connect', () => (state.how = 'connected'))
  socket.on('error', (error: NodeJS.ErrnoException) => (state.how = error.code ?? 'failed'))
  return state
}

async function outcomeOf(port: number): Promise<string> {
  const state = dialling(port)
  await until('it has ended', () => state.how !== 'waiting')
  state.socket.destroy()
  return state.how
}

const refused = layersWith(ruleOf({ refused: true }))
const deaf = layersWith(ruleOf({ connectTimeout: true }))

/** A target that says hello to everyone, and a relay before it. */
async function greetingBehind(layers: Parameters<typeof relayTo>[1]) {
  const server = await serveSockets((socket) => socket.end('hello'))
  const clock = watchClock(realClock)
  const relay = await relayTo(server.port, layers, { clock })
  const port = relay.ports['a']!
  return {
    relay,
    port,
    async greeted(): Promise<number> {
      const socket = await dial(port)
      const { bytes } = await digestOf(socket)
      socket.destroy()
      return bytes
    },
    async [Symbol.asyncDispose]() {
      await relay[Symbol.asyncDispose]()
      expect(clock.pending()).toBe(0)
      await server[Symbol.asyncDispose]()
    },
  }
}

describe('a listener that refuses', () => {
  it('does so until its rule goes, on a port that no connection gets by itself (F30)', async () => {
    await using path = await greetingBehind(refused)
    expect(path.port).toBeGreaterThanOrEqual(20_000)
    expect(path.port).toBeLessThan(32_768)
    for (let n = 0; n < 20; n++) expect(await outcomeOf(path.port)).toBe('ECONNREFUSED')
    expect(readingOf(path.relay)).toMatchObject({
      accepted: 0,
      tallies: { refused: { eligible: 1, fired: 1, bytes: 0 } },
    })
    await path.relay.setLayers('a', [])
    expect(path.relay.ports['a']).toBe(path.port)
    expect(await path.greeted()).toBe(5)
  })

  it('leaves the connections that are there, comes again when it is asked to, and counts each slice', async () => {
    await using server = await serveSockets((socket) => socket.pipe(socket))
    await using relay = await relayTo(server.port, [])
    const client = await dial(relay.ports['a']!)
    client.write('one')
    await until('it is there', () => readingOf(relay).bytesDown === 3)
    await relay.setLayers('a', refused)
    expect(await outcomeOf(relay.ports['a']!)).toBe('ECONNREFUSED')
    client.end('two')
    expect((await digestOf(client)).bytes).toBe(6)
    await untilQuiet(relay)
    relay.setSlice('a', 1, realClock.nowNs())
    expect(readingOf(relay).tallies['refused']).toMatchObject({ eligible: 2, fired: 2 })
  })

  it('by turns, at the edges of its schedule (F36)', async () => {
    const shape = { kind: 'flapping', onNs: 150e6, offNs: 10e9 } as const
    const schedule: Schedule = { fromNs: 0, forNs: Number.POSITIVE_INFINITY, shape }
    await using path = await greetingBehind(layersWith(ruleOf({ refused: true }, { schedule })))
    path.relay.setSlice('a', 0, realClock.nowNs() + 10e9)
    await until('it accepts', async () => (await outcomeOf(path.port)) === 'connected')
    const fromNs = realClock.nowNs()
    path.relay.setSlice('a', 1, fromNs)
    // Who is connected as it closes is reset; then it refuses.
    await until('it refuses', async () => (await outcomeOf(path.port)) === 'ECONNREFUSED')
    await until('it accepts again', async () => (await outcomeOf(path.port)) === 'connected')
    expect((realClock.nowNs() - fromNs) / 1e6).toBeGreaterThanOrEqual(150)
  })
})

describe('a listener that is deaf', () => {
  it('answers no handshake, which neither succeeds nor fails, until its rule goes; then it succeeds', async () => {
    await using path = await greetingBehind(deaf)
    const state = dialling(path.port)
    await realClock.sleep(300e6)
    expect(state.how).toBe('waiting')
    expect(readingOf(path.relay)).toMatchObject({
      accepted: 0,
      tallies: { connectTimeout: { eligible: 1, fired: 1, bytes: 0 } },
    })
    await path.relay.setLayers('a', [])
    expect(await path.greeted()).toBe(5)
    // The client's kernel sends its SYN again after 1 s.
    await until('the first is connected too', () => state.how === 'connected')
    expect((await digestOf(state.socket)).bytes).toBe(5)
    state.socket.destroy()
  })

  it('can be told to refuse instead, and ends with its relay', async () => {
    await using path = await greetingBehind(deaf)
    await path.relay.setLayers('a', refused)
    expect(await outcomeOf(path.port)).toBe('ECONNREFUSED')
    await path.relay.setLayers('a', deaf)
    const state = dialling(path.port)
    await path.relay[Symbol.asyncDispose]()
    state.socket.destroy()
    expect(await outcomeOf(path.port)).toBe('ECONNREFUSED')
  })
})

describe('a port that somebody else has taken meanwhile', () => {
  const host = '127.0.0.1'

  async function closedListener() {
    const listener = await StreamListener.open({
      listen: { host, port: 0 },
      mayClose: true,
      rng: createRng('port'),
      clock: realClock,
      background: false,
      accepted: (socket) => socket.destroy(),
    })
    await listener.set('refused')
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(listener.port, host, resolve))
    return { listener, leave: () => new Promise((resolve) => other.close(resolve)) }
  }

  it('is said to be, and is listened on when that is asked for again', async () => {
    const { listener, leave } = await closedListener()
    const failure = { code: 'port-taken', message: `cannot listen on ${host}:${listener.port}` }
    await expect(listener.set(null)).rejects.toMatchObject(failure)
    await leave()
    await listener.set(null)
    expect(await outcomeOf(listener.port)).toBe('connected')
    await listener.close()
  })

  it('is waited for, also to be deaf there', async () => {
    const { listener, leave } = await closedListener()
    const deafened = listener.set('deaf')
    await realClock.sleep(80e6)
    await leave()
    await expect(deafened).resolves.toBeUndefined()
    await listener.close()
  })

  it('is not listened on in a state that is out of date', async () => {
    const { listener, leave } = await closedListener()
    await leave()
    const fromNs = realClock.nowNs()
    const states = Array.from({ length: 1000 }, (_, n) => (n % 2 === 0 ? 'deaf' : null))
    await Promise.all(states.map((state) => listener.set(state)))
    expect((realClock.nowNs() - fromNs) / 1e6).toBeLessThan(1000)
    expect(await outcomeOf(listener.port)).toBe('connected')
    await listener.close()
  })
})
