import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { realClock } from '../../../../harness/kernel/clock.ts'
import { createRng } from '../../../../harness/kernel/rng.ts'
import { startHttpTarget } from '../../../../harness/target/builtin/http.ts'
import { plainKnobs } from '../../../../harness/target/builtin/knobs.ts'
import { until } from '../../../support/sockets.ts'

const env = 'SOAKRIG_UNIT_DEPENDENCY'
let server: Server
let sockets: Socket[]
let answer: (socket: Socket, text: string) => void

beforeEach(async () => {
  sockets = []
  answer = (socket, text) => socket.write(`${text.trim()}!\r\n`)
  server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    socket.on('data', (chunk) => answer(socket, chunk.toString()))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  process.env[env] = String((server.address() as { port: number }).port)
})

afterEach(() => {
  delete process.env[env]
  for (const socket of sockets) socket.destroy()
  server.close()
})

const start = () =>
  startHttpTarget({
    host: '127.0.0.1',
    port: 0,
    knobs: plainKnobs,
    tls: null,
    clock: realClock,
    rng: createRng(1),
    dependency: { env, send: 'PING\r\n' },
  })

async function ask(url: string): Promise<[number, string]> {
  const response = await fetch(`${url}/dependency`)
  return [response.status, await response.text()]
}

test('the built-in HTTP server answers what its dependency says, over a connection that is kept', async () => {
  await using target = await start()
  expect(await ask(target.url)).toEqual([200, 'PING!'])
  expect(await ask(target.url)).toEqual([200, 'PING!'])
  expect(sockets).toHaveLength(1)
  expect(await Promise.all([ask(target.url), ask(target.url)])).toEqual([
    [200, 'PING!'],
    [200, 'PING!'],
  ])
  expect(sockets).toHaveLength(2)
  expect(target.stats()).toMatchObject({ requests: 4, errors: 0 })
})

test('a dependency that resets is answered with 502, and asked anew', async () => {
  await using target = await start()
  answer = (socket) => socket.resetAndDestroy()
  const [status, text] = await ask(target.url)
  expect([status, text]).toEqual([502, expect.stringContaining('ECONNRESET')])
  answer = (socket) => socket.write('+PONG\r\n')
  expect(await ask(target.url)).toEqual([200, '+PONG'])
  expect(target.stats()).toMatchObject({ requests: 2, errors: 1 })
})

test('a connection that the dependency closes while nobody waits is not used again', async () => {
  await using target = await start()
  await ask(target.url)
  const [first] = sockets
  first?.end()
  await until('the connection to close', () => first?.destroyed === true)
  expect(await ask(target.url)).toEqual([200, 'PING!'])
})

test('a line that nobody asked for is never the next answer', async () => {
  await using target = await start()
  answer = (socket) => socket.write('one\r\n')
  await ask(target.url)
  const [first] = sockets
  answer = (socket) => socket.write('two\r\nmore\r\n')
  expect(await ask(target.url)).toEqual([200, 'two'])
  await until('the connection to close', () => first?.destroyed === true)
  answer = (socket) => socket.write('one\r\n')
  expect(await ask(target.url)).toEqual([200, 'one'])
  sockets.at(-1)?.write('stray\r\n')
  await until('the other to close', () => sockets.at(-1)?.destroyed === true)
  expect(await ask(target.url)).toEqual([200, 'one'])
})

test('without a port, or without a dependency, there is nobody to ask', async () => {
  delete process.env[env]
  await using target = await start()
  expect(await ask(target.url)).toEqual([502, `the environment variable ${env} has no port`])
  await using plain = await startHttpTarget({
    host: '127.0.0.1',
    port: 0,
    knobs: plainKnobs,
    tls: null,
    clock: realClock,
    rng: createRng(1),
  })
  expect((await ask(plain.url))[0]).toBe(404)
})
