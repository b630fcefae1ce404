import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { good, openHttp1, serveRaw } from '../../../support/http1.ts'
import { listening, until } from '../../../support/sockets.ts'

const burst = fileURLToPath(new URL('../../../support/http1-burst.ts', import.meta.url))

describe('a driver', () => {
  test('connects to nothing before it is asked to, and then to no more than it may', async () => {
    await using server = await serveRaw((socket) => void setTimeout(() => socket.write(good), 3))
    await using driver = await openHttp1(server.port, {}, { connections: 3 })
    const lanes = Array.from({ length: 10 }, () => driver.lane())
    expect(server.connections).toBe(0)
    await lanes[0]!.run(driver.prepare())
    expect(server.connections).toBe(1)
    await Promise.all(lanes.map((lane) => lane.run(driver.prepare())))
    expect([server.connections, server.mostAtOnce]).toEqual([3, 3])
  })

  test('uses few of its connections when few are needed', async () => {
    await using server = await serveRaw((socket) => socket.write(good))
    await using driver = await openHttp1(server.port, {}, { connections: 10 })
    const lanes = Array.from({ length: 10 }, () => driver.lane())
    for (const lane of lanes) await lane.run(driver.prepare())
    expect(server.connections).toBe(1)
  })

  test('speaks with node:http: methods, headers, bodies, chunks and trailers', async () => {
    const http = createServer((request, response) => {
      let text = ''
      request.setEncoding('utf8')
      request.on('data', (chunk: string) => (text += chunk))
      request.on('end', () => {
        response.writeHead(201, { Trailer: 'X-Sum' })
        response.write(`${request.method} ${request.url} ${String(request.headers['x-a'])} `)
        response.addTrailers({ 'X-Sum': '1' })
        response.end(text)
      })
    })
    await using server = await listening(http)
    await using driver = await openHttp1(server.port)
    const lane = driver.lane()
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const message = { method, path: '/a?b', headers: { 'X-A': 'c' }, body: { kind: 'text', text: 'grün' } } as const
      // The server writes UTF-8, and the expected body is compared as such.
      const expected = { status: 201, body: `${method} /a?b c grün` }
      expect(await lane.run(driver.prepare(message, { expect: expected }))).toMatchObject({ error: null })
    }
    expect(server.sockets.size).toBe(1)
  })

  test('goes to a unix socket, with the host of its target', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'soakrig-'))
    const socketPath = join(directory, 'socket')
    const hosts: (string | undefined)[] = []
    const http = createServer((request, response) => {
      hosts.push(request.headers.host)
      response.end('hi')
    })
    try {
      await new Promise<void>((resolve) => http.listen(socketPath, resolve))
      await using driver = await openHttp1(8080, { socketPath }, { host: 'shop.test' })
      const lane = driver.lane()
      for (let count = 0; count < 3; count++)
        expect(await lane.run(driver.prepare({}, { expect: { body: 'hi' } }))).toMatchObject({ error: null })
      expect(hosts).toEqual(Array(3).fill('shop.test:8080'))
      expect(lane.events.filter((event) => event === 'connected')).toHaveLength(1)
    } finally {
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
      await rm(directory, { recursive: true, force: true })
    }
  })

  test('fails as `connect` where there is no unix socket', async () => {
    await using driver = await openHttp1(8080, { socketPath: '/nonexistent/socket' })
    expect(await driver.lane().run(driver.prepare())).toMatchObject({ error: 'connect', detail: 'ENOENT' })
  })

  test('goes to an IPv6 address', async () => {
    const http = createServer((request, response) => response.end(request.headers.host))
    await new Promise<void>((resolve) => http.listen(0, '::1', resolve))
    try {
      const { port } = http.address() as AddressInfo
      await using driver = await openHttp1(port, {}, { host: '::1', address: '::1' })
      const request = driver.prepare({}, { expect: { body: `[::1]:${port}` } })
      expect(await driver.lane().run(request)).toMatchObject({ error: null })
    } finally {
      http.closeAllConnections()
      http.close()
    }
  })

  test('counts a large download and keeps nothing of it', async () => {
    const sizeBytes = 64 * 2 ** 20
    const piece = Buffer.alloc(2 ** 20, 'x')
    const http = createServer((_, response) => {
      response.writeHead(200, { 'Content-Length': sizeBytes })
      let left = sizeBytes
      const more = (): void => {
        while (left > 0) {
          left -= piece.length
          if (!response.write(piece)) return void response.once('drain', more)
        }
        response.end()
      }
      more()
    })
    await using server = await listening(http)
    await using driver = await openHttp1(server.port)
    const before = process.memoryUsage()
    const ended = await driver.lane().run(driver.prepare())
    const after = process.memoryUsage()
    expect(ended).toMatchObject({ error: null })
    expect(ended.received).toBeGreaterThan(sizeBytes)
    expect(ended.received).toBeLessThan(sizeBytes + 500)
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(32 * 2 ** 20)
  })

  test('without file descriptors left fails what it cannot send as exhausted', async () => {
    await using server = await serveRaw((socket) => void setTimeout(() => socket.write(good), 30))
    const command = `ulimit -n 64; exec "$0" --no-warnings "$1" ${server.port} 100`
    const { stdout } = await promisify(execFile)('sh', ['-c', command, process.execPath, burst])
    const ends = JSON.parse(stdout) as Record<string, number>
    expect(Object.keys(ends).toSorted()).toEqual(['exhausted EMFILE', 'null null'])
    expect(ends['exhausted EMFILE']! + ends['null null']!).toBe(100)
    await until('all are closed', () => server.sockets.size === 0)
  })
})
