import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { realClock } from '../../../../harness/kernel/clock.ts'
import { createRng } from '../../../../harness/kernel/rng.ts'
import { parseCapacity } from '../../../../harness/target/builtin/capacity.ts'
import { type Knobs, plainKnobs } from '../../../../harness/target/builtin/knobs.ts'
import { startWebSocketTarget } from '../../../../harness/target/builtin/websocket.ts'
import { until } from '../../../support/sockets.ts'

const serve = (knobs: Partial<Knobs> = {}, onDeath?: () => void) =>
  startWebSocketTarget({
    host: '127.0.0.1',
    port: 0,
    knobs: { ...plainKnobs, ...knobs },
    tls: null,
    clock: realClock,
    rng: createRng(1),
    ...(onDeath && { onDeath }),
  })

/** A client that is open, and what it receives: text as text, binary as `binary` and hex. */
async function dial(url: string, protocols: readonly string[] = []): Promise<{ peer: WebSocket; got: string[] }> {
  const peer = new WebSocket(url, [...protocols])
  const got: string[] = []
  peer.on('message', (data, binary) => {
    const bytes = data as Buffer
    got.push(binary ? `binary ${bytes.toString('hex')}` : bytes.toString())
  })
  await once(peer, 'open')
  return { peer, got }
}

describe('the WebSocket target', () => {
  test('echoes each message as what it was, and in order', async () => {
    await using server = await serve()
    const { peer, got } = await dial(server.url)
    const long = 'x'.repeat(70_000)
    for (const message of ['hello', '', Buffer.from([0, 255]), long]) peer.send(message)
    await until('all echoes', () => got.length === 4)
    expect(got).toEqual(['hello', '', 'binary 00ff', long])
    expect(server.stats()).toMatchObject({ requests: 4, errors: 0, connections: 1, open: 1, leakedBytes: 0 })
    expect(server.url).toBe(`ws://127.0.0.1:${server.port}`)
    peer.close(1000)
    const [code] = (await once(peer, 'close')) as [number]
    expect(code).toBe(1000)
    await until('it is closed', () => server.stats().open === 0)
  })

  test('takes the first subprotocol that is offered, and no compression', async () => {
    await using server = await serve()
    const { peer } = await dial(`${server.url}/?query=1`, ['one', 'two'])
    expect(peer.protocol).toBe('one')
    expect(peer.extensions).toBe('')
    peer.terminate()
  })

  test('refuses other paths and other requests, which are no requests of its', async () => {
    await using server = await serve()
    const [error] = (await once(new WebSocket(`${server.url}/other`), 'error')) as [Error]
    expect(error.message).toBe('Unexpected server response: 404')
    const response = await fetch(`http://127.0.0.1:${server.port}/`)
    expect(response.status).toBe(426)
    expect(await response.text()).toContain('WebSocket')
    expect(server.stats()).toMatchObject({ requests: 0, connections: 2 })
  })

  test('answers its share of errors', async () => {
    await using server = await serve({ errorShare: 1 })
    const { peer, got } = await dial(server.url)
    peer.send('x')
    await until('the answer', () => got.length === 1)
    expect(got).toEqual(['error by knob'])
    expect(server.stats()).toMatchObject({ requests: 1, errors: 1 })
    peer.terminate()
  })

  test('answers in order after its service time', async () => {
    await using server = await serve({ serviceTimeNs: 30e6 })
    const { peer, got } = await dial(server.url)
    const startNs = realClock.nowNs()
    const messages = Array.from({ length: 50 }, (_, index) => `${index}`)
    for (const message of messages) peer.send(message)
    await until('all answers', () => got.length === 50)
    expect(realClock.nowNs() - startNs).toBeGreaterThanOrEqual(30e6)
    expect(got).toEqual(messages)
    peer.terminate()
  })

  test('does not hear a client that does not read', async () => {
    await using server = await serve()
    const { peer, got } = await dial(server.url)
    peer.pause()
    const megabyte = 'x'.repeat(2 ** 20)
    for (let sent = 0; sent < 24; sent++) peer.send(megabyte)
    await realClock.sleep(100e6)
    expect(server.stats().requests).toBeLessThan(24)
    peer.resume()
    await until('all echoes', () => got.length === 24)
    peer.terminate()
  })

  test('closes a client that breaks the rules, and goes on', async () => {
    await using server = await serve()
    const { peer } = await dial(server.url)
    // A client's frames must be masked.
    peer.send('x', { mask: false })
    const [code] = (await once(peer, 'close')) as [number]
    expect(code).toBe(1002)
    const { peer: next, got } = await dial(server.url)
    next.send('still there')
    await until('the echo', () => got.length === 1)
    next.terminate()
  })

  test('dies of the message that it is told to, and closes where nobody wants to know', async () => {
    await using server = await serve({ dieAfter: 2 })
    const { peer, got } = await dial(server.url)
    peer.send('one')
    peer.send('two')
    await once(peer, 'close')
    expect(got).toEqual(['one'])
    await expect(dial(server.url)).rejects.toThrow('ECONNREFUSED')
  })

  test('with a capacity counts what it served to nobody', async () => {
    await using server = await serve({ capacity: parseCapacity({ perSecond: 25 }) })
    const { peer } = await dial(server.url)
    for (const message of ['one', 'two']) peer.send(message)
    await until('the second to wait', () => server.stats().queue?.queued === 1)
    peer.terminate()
    await until('both to be served', () => server.stats().queue?.served === 2)
    expect(server.stats().queue).toMatchObject({ wasted: 2 })
  })
})
