import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { afterAll, describe, expect, test } from 'vitest'

const entry = fileURLToPath(new URL('../../harness/pipeline/preload/process.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'soakrig-preload-'))
let runs = 0

afterAll(() => rmSync(folder, { recursive: true }))

/** What every program below has at hand: servers of its own that count, and how long something took. */
const prelude = `
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
const serve = async (text) => {
  const server = http.createServer((request, response) => { server.requests++; response.end(text) }).listen(0, '127.0.0.1')
  server.requests = 0
  await once(server, 'listening')
  return server
}
const portOf = (server) => server.address().port
const timed = async (call) => {
  const from = performance.now()
  const result = await call().catch((error) => error.cause?.code ?? error.code ?? error.message)
  return { result, ms: performance.now() - from }
}
const get = (server, host = '127.0.0.1') => timed(async () => (await fetch(\`http://\${host}:\${portOf(server)}/\`)).text())
const tell = (told) => console.log(JSON.stringify(told))
`

/** Runs a program with these faults before its network; `told` is what it printed, `report` what the preload wrote. */
async function run(settings: unknown, program: string) {
  const name = `${++runs}.json`
  const report = join(folder, name)
  const faults = typeof settings === 'string' ? settings : JSON.stringify({ report: name, ...(settings as object) })
  const ended = await execa(process.execPath, ['--import', entry, '--input-type=module', '--eval', prelude + program], {
    env: { SOAKRIG_FAULTS: faults },
    cwd: folder,
    reject: false,
    timeout: 20_000,
  })
  return {
    exitCode: ended.exitCode,
    stderr: ended.stderr,
    told: ended.stdout === '' ? null : JSON.parse(ended.stdout),
    report: existsSync(report) ? JSON.parse(await readFile(report, 'utf8')) : null,
  }
}

describe('the calls of a program', () => {
  test.concurrent('are delayed by fetch, http and net alike, and it ends by itself though connections idle', async () => {
    const { told, report, exitCode } = await run(
      {
        rules: [
          {
            name: 'slow',
            fault: { latency: { delay: '30ms' }, handshake: { delay: '40ms' } },
            schedule: { flapping: { on: '1h', off: '1h' } },
          },
        ],
      },
      `
      const server = await serve('hi')
      const byFetch = await get(server)
      const byName = await get(server, 'localhost')
      const agent = new http.Agent({ keepAlive: true })
      const byHttp = await timed(() => new Promise((resolve, reject) => http
        .get({ port: portOf(server), host: '127.0.0.1', agent }, (answer) => answer.resume().on('end', () => resolve(answer.statusCode)))
        .on('error', reject)))
      const byNet = await timed(async () => {
        const socket = net.connect(portOf(server), '127.0.0.1', () => socket.write('GET / HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n'))
        return String((await once(socket, 'data'))[0]).slice(0, 12)
      })
      const path = ${JSON.stringify(join(folder, 'unix.sock'))}
      const onUnix = http.createServer((request, response) => response.end()).listen(path)
      await once(onUnix, 'listening')
      const byUnix = await timed(() => new Promise((resolve, reject) => http
        .get({ socketPath: path, port: portOf(server) }, (answer) => answer.resume().on('end', () => resolve(answer.statusCode))).on('error', reject)))
      const byNoPort = await timed(async () => net.connect(70000, '127.0.0.1'))
      for (const one of [server, onUnix]) one.close()
      process.chdir('/')
      tell({ byFetch, byName, byHttp, byNet, byUnix, byNoPort, requests: server.requests })`,
    )
    expect(exitCode).toBe(0)
    expect(told).toMatchObject({
      byFetch: { result: 'hi' },
      byName: { result: 'hi' },
      byHttp: { result: 200 },
      byNet: { result: 'HTTP/1.1 200' },
      byUnix: { result: 200 },
      byNoPort: { result: 'ERR_SOCKET_BAD_PORT' },
      requests: 4,
    })
    for (const { ms } of [told.byFetch, told.byName, told.byHttp, told.byNet]) expect(ms).toBeGreaterThanOrEqual(70)
    const { tallies } = report.rules['preload/slow']
    expect(tallies).toMatchObject({ latency: { fired: 4 }, handshake: { eligible: 4, fired: 4 } })
  })

  test.concurrent('have each the faults of their destination, whatever is called beside or around them (P9)', async () => {
    const { told, report } = await run(
      {
        rules: [
          { name: 'slow', fault: { latency: { delay: '800ms' } }, match: { port: '20000-29999' } },
          { name: 'dead', fault: { reset: { probability: 1 } }, match: { port: '30000-39999' } },
        ],
      },
      `
      const at = async (from, text) => {
        for (let port = from; ; port++) {
          const server = http.createServer((request, response) => { server.requests++; response.end(text) })
          server.requests = 0
          server.listen(port, '127.0.0.1')
          if (await once(server, 'listening').then(() => true, () => false)) return server
        }
      }
      const slow = await at(20100 + Math.floor(Math.random() * 9000), 'slow')
      const dead = await at(30100 + Math.floor(Math.random() * 2000), 'dead')
      const plain = await at(40100 + Math.floor(Math.random() * 9000), 'plain')
      const all = await Promise.all([slow, plain, dead, plain, slow].map((server) => get(server)))
      tell({ results: all.map(({ result }) => result), ms: all.map(({ ms }) => ms), reached: dead.requests })
      for (const server of [slow, dead, plain]) server.close()`,
    )
    expect(told.results).toEqual(['slow', 'plain', 'ECONNRESET', 'plain', 'slow'])
    expect(told.reached).toBe(0)
    const [first, beside, , , last] = told.ms
    expect(Math.min(first, last)).toBeGreaterThanOrEqual(800)
    expect(beside).toBeLessThan(700)
    expect(report.rules['preload/slow'].matched).toBe(2)
    expect(report.rules['preload/dead'].tallies.reset).toMatchObject({ eligible: 1, fired: 1 })
  })

  test.concurrent('fail where their host is unreachable, or their name has no address (F30, F32)', async () => {
    const { told, report } = await run(
      {
        rules: [
          { name: 'lost', fault: { dns: { nxdomain: 1 } }, match: { host: 'lost.test' } },
          { name: 'silent', fault: { dns: { drop: 1, timeout: '40ms' } }, match: { host: '*.silent.test' } },
          { name: 'away', fault: { unreachable: { probability: 1 } }, match: { protocol: 'tcp' } },
        ],
      },
      `
      import dns from 'node:dns'
      import { lookup } from 'node:dns/promises'
      const server = await serve('hi')
      const lost = await timed(() => lookup('lost.test'))
      const called = await timed(() => new Promise((resolve, reject) =>
        dns.lookup('a.silent.test', (error, address) => (error ? reject(error) : resolve(address)))))
      const literal = await timed(async () => (await lookup('127.0.0.1')).address)
      const fetched = await timed(() => fetch('http://lost.test:4711/'))
      const away = await get(server)
      server.close()
      tell({ lost, called, literal, fetched, away, requests: server.requests })`,
    )
    expect(told).toMatchObject({
      lost: { result: 'ENOTFOUND' },
      called: { result: 'EAI_AGAIN' },
      literal: { result: '127.0.0.1' },
      fetched: { result: 'ENOTFOUND' },
      away: { result: 'EHOSTUNREACH' },
      requests: 0,
    })
    expect(told.called.ms).toBeGreaterThanOrEqual(40)
    expect(report.rules['preload/lost'].tallies.dns).toMatchObject({ eligible: 2, fired: 2 })
    expect(report.rules['preload/away']).toMatchObject({ matched: 1, tallies: { unreachable: { fired: 1 } } })
  })

  test.concurrent('send datagrams that are late or lost, and still leave when their socket is closed at once', async () => {
    const { told, report } = await run(
      {
        rules: [
          {
            name: 'late',
            fault: { uplink: { latency: { delay: '60ms' } } },
            match: { protocol: 'udp', port: '20000-29999' },
          },
          {
            name: 'gone',
            fault: { uplink: { loss: { probability: 1 } } },
            match: { protocol: 'udp', port: '30000-39999' },
          },
        ],
      },
      `
      import dgram from 'node:dgram'
      const bound = async (from, width) => {
        for (;;) {
          const socket = dgram.createSocket('udp4')
          const port = from + Math.floor(Math.random() * width)
          const free = await new Promise((resolve) => socket.on('error', () => resolve(false)).bind(port, '127.0.0.1', () => resolve(true)))
          if (free) return socket
        }
      }
      const late = await bound(20100, 9000)
      const gone = await bound(30100, 2000)
      const heard = []
      gone.on('message', (bytes) => heard.push(String(bytes)))
      const socket = dgram.createSocket('udp4')
      socket.send('lost', gone.address().port, '127.0.0.1')
      const from = performance.now()
      socket.send('late', late.address().port, 'localhost', () => socket.close())
      const [bytes] = await once(late, 'message')
      tell({ text: String(bytes), ms: performance.now() - from, heard })
      late.close()
      gone.close()`,
    )
    expect(told).toMatchObject({ text: 'late', heard: [] })
    expect(told.ms).toBeGreaterThanOrEqual(60)
    expect(report.rules['preload/gone'].tallies.loss).toMatchObject({ eligible: 1, fired: 1 })
  })

  test.concurrent('that were written before the program has ended still arrive', async () => {
    await using server = await listen()
    const { exitCode } = await run(
      { rules: [{ fault: { uplink: { latency: { delay: '80ms' } } } }] },
      `
      const socket = net.connect(${server.port}, '127.0.0.1', () => socket.end('the last words', () => socket.destroy()))`,
    )
    expect(exitCode).toBe(0)
    expect(await server.heard).toBe('the last words')
  })
})

describe('what cannot be applied', () => {
  test.concurrent.each([
    ['nothing', '', /SOAKRIG_FAULTS: it is not set/u],
    [
      'a fault that there is not',
      '{"rules":[{"fault":{"latncy":{}}}]}',
      /\/rules\/0\/fault\/latncy: .* did you mean "latency"/u,
    ],
  ])('such as %s keeps the program from being started (P12, F38)', async (_, settings, message) => {
    const { exitCode, stderr, told } = await run(settings, 'tell(1)')
    expect({ exitCode, told }).toEqual({ exitCode: 104, told: null })
    expect(stderr).toMatch(message)
  })
})

/** A server of this process, which the program's faults do not touch. */
async function listen() {
  const { createServer } = await import('node:net')
  const { promise: heard, resolve } = Promise.withResolvers<string>()
  const server = createServer((socket) => {
    let text = ''
    socket.on('data', (bytes) => (text += String(bytes)))
    socket.on('error', () => {})
    socket.on('close', () => resolve(text))
  })
  await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening))
  return {
    heard,
    port: (server.address() as { port: number }).port,
    async [Symbol.asyncDispose]() {
      server.close()
    },
  }
}
