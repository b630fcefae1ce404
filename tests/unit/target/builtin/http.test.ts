import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, existsSync, writeFileSync } from 'node:fs'
import { get, request as ask } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { realClock } from '../../../../harness/kernel/clock.ts'
import { createRng } from '../../../../harness/kernel/rng.ts'
import { deadlineField, parseCapacity } from '../../../../harness/target/builtin/capacity.ts'
import { type HttpTargetOptions, startHttpTarget } from '../../../../harness/target/builtin/http.ts'
import { type Knobs, plainKnobs } from '../../../../harness/target/builtin/knobs.ts'
import { dial, sha256, until } from '../../../support/sockets.ts'

const start = (knobs: Partial<Knobs> = {}, more: Partial<HttpTargetOptions> = {}) =>
  startHttpTarget({
    host: '127.0.0.1',
    port: 0,
    knobs: { ...plainKnobs, ...knobs },
    tls: null,
    clock: realClock,
    rng: createRng(1),
    ...more,
  })

/** All that comes back for some bytes, until the server closes. */
async function exchange(port: number, text: string): Promise<string> {
  const socket = await dial(port)
  let received = ''
  socket.on('data', (chunk: Buffer) => (received += chunk.toString()))
  socket.write(text)
  await once(socket, 'end')
  socket.destroy()
  return received
}

describe('the built-in HTTP server', () => {
  test('answers its paths (F14)', async () => {
    await using target = await start()
    const answerOf = async (path: string, init?: RequestInit) => {
      const response = await fetch(target.url + path, init)
      return [response.status, response.headers.get('content-length'), await response.text()]
    }
    expect(await answerOf('/')).toEqual([200, '2', 'ok'])
    expect(await answerOf('/echo/h%C3%A4?x=1')).toEqual([200, '3', 'hä'])
    expect(await answerOf('/bytes/20')).toEqual([200, '20', '0123456789abcdef0123'])
    const [status, length, body] = await answerOf('/chunked/40000')
    expect([status, length, body]).toEqual([200, null, '0123456789abcdef'.repeat(2500)])
    expect(await answerOf('/nothing')).toEqual([404, '9', 'not found'])
    expect(await answerOf('/status/503')).toEqual([503, '10', 'status 503'])
    expect(await answerOf('/status/204')).toEqual([204, null, ''])
    expect(await answerOf('/echo/hi', { method: 'POST', body: 'x'.repeat(100_000) })).toEqual([200, '2', 'hi'])
    expect(await answerOf('/bytes/20', { method: 'HEAD' })).toEqual([200, '20', ''])
    expect(target.stats()).toMatchObject({ requests: 9, errors: 2 })
  })

  test('answers an upload with its size and digest, however it is framed', async () => {
    await using target = await start()
    const body = Buffer.alloc(300_000, 'abc')
    const upload = async (init: RequestInit) =>
      (await fetch(`${target.url}/upload`, { method: 'PUT', ...init })).json() as Promise<unknown>
    const expected = { bytes: 300_000, sha256: sha256(body) }
    expect(await upload({ body })).toEqual(expected)
    const stream = new Blob([body]).stream()
    expect(await upload({ body: stream, duplex: 'half' } as RequestInit)).toEqual(expected)
    expect(await upload({ method: 'GET' })).toEqual({ bytes: 0, sha256: sha256(Buffer.alloc(0)) })
  })

  test('gives cookies and tells those that came', async () => {
    await using target = await start()
    const given = await fetch(`${target.url}/cookies/set/session/abc`)
    expect(given.headers.getSetCookie()).toEqual(['session=abc; Path=/'])
    const told = await fetch(`${target.url}/cookies`, { headers: { cookie: 'session=abc; theme=dark' } })
    expect(await told.json()).toEqual({ session: 'abc', theme: 'dark' })
    const headers = (await (await fetch(`${target.url}/headers`, { headers: { 'X-One': '1' } })).json()) as object
    expect(headers).toMatchObject({ 'x-one': '1' })
  })

  test('closes the connection after the answer where the path says so', async () => {
    await using target = await start()
    const received = await exchange(target.port, 'GET /close HTTP/1.1\r\nHost: x\r\n\r\n')
    expect(received).toMatch(/connection: close\r\n/iu)
    expect(received).toMatch(/\r\n\r\nok$/u)
  })

  test('answers early before the body has come, and still takes what follows it', async () => {
    await using target = await start()
    const socket = await dial(target.port)
    let received = ''
    socket.on('data', (chunk: Buffer) => (received += chunk.toString()))
    socket.write('POST /early/413 HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345')
    await until('the answer', () => received.endsWith('status 413'))
    socket.write('67890GET /echo/next HTTP/1.1\r\nHost: x\r\n\r\n')
    await until('the next answer', () => received.endsWith('next'))
    expect(target.stats()).toMatchObject({ requests: 2, errors: 1, connections: 1 })
    socket.destroy()
  })

  test('answers pipelined requests in their order', async () => {
    await using target = await start()
    const requests = ['/delay/30', '/echo/b', '/close'].map((path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`)
    const received = await exchange(target.port, requests.join(''))
    expect(received.match(/\r\n\r\n(ok|b)/gu)).toEqual(['\r\n\r\nok', '\r\n\r\nb', '\r\n\r\nok'])
  })

  test('does not count an upload that was given up', async () => {
    await using target = await start()
    const request = ask({ host: '127.0.0.1', port: target.port, path: '/upload', method: 'POST' })
    request.on('error', () => {})
    request.write('x'.repeat(1000))
    await until('the connection', () => target.stats().open === 1)
    request.destroy()
    await until('its end', () => target.stats().open === 0)
    expect(target.stats()).toMatchObject({ requests: 0, connections: 1 })
  })

  test('waits, errs and leaks as its knobs say, but not at /stats and /health (F14)', async () => {
    const knobs = { serviceTimeNs: 50e6, errorShare: 1, errorStatus: 503, leakBytes: 1000 }
    await using target = await start(knobs)
    const begin = performance.now()
    expect((await fetch(`${target.url}/echo/hi`)).status).toBe(503)
    expect(performance.now() - begin).toBeGreaterThanOrEqual(50)
    expect((await fetch(`${target.url}/health`)).status).toBe(200)
    const stats = (await (await fetch(`${target.url}/stats`)).json()) as object
    expect(stats).toMatchObject({ requests: 1, errors: 1, leakedBytes: 1000 })
  })

  test('spends CPU, and holds answers in a stall, as its knobs say', async () => {
    await using target = await start({ cpuTimeNs: 20e6, stall: { everyNs: 200e6, forNs: 199e6 } })
    const before = process.cpuUsage()
    const begin = performance.now()
    for (let index = 0; index < 3; index++) await (await fetch(target.url)).text()
    // It is a time on the clock, of which a busy machine gives only a part.
    expect(process.cpuUsage(before).user).toBeGreaterThan(15_000)
    // Nearly all of each period is a stall, so that three answers take two periods and what is left of the first.
    expect(performance.now() - begin).toBeGreaterThan(390)
  })

  test('with a capacity answers 504, or 429 and when to come again, counts what it served to nobody, and can be stalled', async () => {
    const capacity = parseCapacity({ perSecond: 50, maxQueue: 2, expire: true, fullStatus: 429, retryAfter: '2s' })
    await using target = await start({ capacity })
    expect(await (await fetch(`${target.url}/stall/60`)).text()).toBe('stalled for 60 ms')
    const leaver = get(`${target.url}/echo/hi`).on('error', () => {})
    await until('the first to wait', () => target.stats().queue?.queued === 1)
    leaver.destroy()
    const late = fetch(`${target.url}/echo/hi`, { headers: { [deadlineField]: '10' } })
    await until('the second to wait', () => target.stats().queue?.queued === 2)
    const refused = await fetch(`${target.url}/echo/hi`)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '2'])
    expect((await late).status).toBe(504)
    expect(target.stats()).toMatchObject({
      requests: 3,
      errors: 2,
      queue: { served: 1, expired: 1, rejected: 1, wasted: 1, queued: 0, peakQueued: 2 },
    })
  })

  test('without a capacity has nothing to stall', async () => {
    await using target = await start()
    expect((await fetch(`${target.url}/stall/60`)).status).toBe(404)
  })

  test('without anybody to tell it closes at the request it dies of', async () => {
    await using target = await start({ dieAfter: 2 })
    await (await fetch(target.url)).text()
    await expect(fetch(target.url)).rejects.toThrow('fetch failed')
    await until('its end', () => target.stats().open === 0)
    await expect(dial(target.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  test('refuses a port that is taken', async () => {
    await using target = await start()
    await expect(start({}, { port: target.port })).rejects.toMatchObject({ code: 'port-taken' })
  })
})

describe('on a unix socket', () => {
  let directory: string
  let socketPath: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'soakrig-unix-'))
    socketPath = join(directory, 't.sock')
  })
  afterEach(() => rmSync(directory, { recursive: true, force: true }))

  const statusOf = async (): Promise<number | undefined> => {
    const [response] = (await once(get({ socketPath, path: '/', agent: false }), 'response')) as [
      { statusCode?: number; resume(): void },
    ]
    response.resume()
    return response.statusCode
  }

  test('it serves besides its port, counts both, and leaves no file behind', async () => {
    const target = await start({}, { socketPath })
    expect(await statusOf()).toBe(200)
    expect((await fetch(target.url)).status).toBe(200)
    expect(target.stats()).toMatchObject({ requests: 2, connections: 2 })
    const idle = connect(socketPath)
    await once(idle, 'connect')
    await until('the idle one', () => target.stats().connections === 3)
    await target.close()
    expect(existsSync(socketPath)).toBe(false)
    if (!idle.destroyed) await once(idle, 'close')
  })

  test('it takes the place of a server that was killed, but not of one that serves', async () => {
    // What a killed server leaves: libuv removes the file only when it closes.
    const script = `require('net').createServer().listen(${JSON.stringify(socketPath)}, () => process.kill(process.pid, 'SIGKILL'))`
    spawnSync(process.execPath, ['-e', script])
    expect(existsSync(socketPath)).toBe(true)
    await using target = await start({}, { socketPath })
    expect(await statusOf()).toBe(200)
    await expect(start({}, { socketPath })).rejects.toMatchObject({ code: 'socket-path', exitCode: 106 })
    expect(await statusOf()).toBe(200)
    expect(target.stats().requests).toBe(2)
  })

  test.each([
    ['a file that is no socket', () => writeFileSync(socketPath, 'x'), () => socketPath],
    ['a folder that does not exist', () => {}, () => join(directory, 'no/t.sock')],
  ])('%s is refused, and left as it is', async (_, prepare, path) => {
    prepare()
    await expect(start({}, { socketPath: path() })).rejects.toMatchObject({ code: 'socket-path' })
    expect(existsSync(path())).toBe(path() === socketPath)
  })
})
