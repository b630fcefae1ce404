import { once } from 'node:events'
import { get } from 'node:http'
import { describe, expect, test } from 'vitest'
import { text as textOf } from 'node:stream/consumers'
import { builtinNames } from '../../harness/target/builtin/builtins.ts'
import { authorityFile, knownClient, serverFiles } from '../support/certificate-files.ts'
import { askEcho } from '../support/echo-clients.ts'
import { soakrig, startSoakrig } from '../support/soakrig.ts'
import { dial } from '../support/sockets.ts'

/** Waits until a command has said where it listens, and gives what it said. */
function noteOf(run: ReturnType<typeof startSoakrig>): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    run.stderr.on('data', (text: Buffer) => {
      said += text.toString()
      if (said.includes('end it with Ctrl-C')) resolve(said)
    })
    run.nodeChildProcess.once('exit', () => reject(new Error(`it ended: ${said}`)))
  })
}

async function portOf(run: ReturnType<typeof startSoakrig>): Promise<number> {
  return Number(/127\.0\.0\.1:(\d+)/u.exec(await noteOf(run))?.[1])
}

async function request(port: number, path: string): Promise<number> {
  const [response] = await once(get({ host: '127.0.0.1', port, path, agent: false }), 'response')
  response.resume()
  await once(response, 'end')
  return response.statusCode
}

describe('served by themselves until Ctrl-C', () => {
  test('the target serves with its knobs, the relay delays what passes it, and both tell their counts', async () => {
    const target = startSoakrig(['target', 'http', '--error-share', '100%', '--status', '503', '--json'])
    const upstream = await portOf(target)
    const fault = JSON.stringify({ latency: { delay: '60ms' } })
    const relay = startSoakrig(['relay', '--upstream', `127.0.0.1:${upstream}`, '--fault', fault, '--json'])
    const port = await portOf(relay)

    const startedAt = performance.now()
    expect(await request(port, '/echo/x')).toBe(503)
    expect(performance.now() - startedAt).toBeGreaterThan(59)

    relay.kill('SIGINT')
    target.kill('SIGINT')
    const [ofRelay, ofTarget] = await Promise.all([relay, target])
    expect([ofRelay.exitCode, ofTarget.exitCode]).toEqual([0, 0])
    expect(JSON.parse(ofRelay.stdout)).toMatchObject({ accepted: 1, tallies: { latency: { fired: 1 } } })
    expect(JSON.parse(ofTarget.stdout)).toMatchObject({ requests: 1, errors: 1 })
  })

  test.each(builtinNames)('the target %s serves what its kind speaks, and tells its stats', async (name) => {
    const run = startSoakrig(['target', name, '--json'])
    const said = await noteOf(run)
    const port = Number(/127\.0\.0\.1:(\d+)/u.exec(said)?.[1])
    expect(await askEcho[name](port)).toBe('hi')
    const stats = / stats at (http:\S+\/stats);/u.exec(said)?.[1] ?? `http://127.0.0.1:${port}/stats`
    expect(await (await fetch(stats)).json()).toMatchObject({ requests: 1, errors: 0 })
    run.kill('SIGINT')
    expect(JSON.parse((await run).stdout)).toMatchObject({ requests: 1 })
  })

  test('the target takes certificates, a unix socket and a framing', async () => {
    const { cert, key } = serverFiles
    const tls = startSoakrig(['target', 'http2', '--cert', cert, '--key', key, '--client-ca', authorityFile])
    const tcp = startSoakrig(['target', 'tcp', '--framing', 'fixed:3b'])
    const ports = (await Promise.all([noteOf(tls), noteOf(tcp)])).map((said) => /127\.0\.0\.1:(\d+)/u.exec(said)?.[1])
    expect(await askEcho.http2(Number(ports[0]), knownClient)).toBe('hi')
    const socket = await dial(Number(ports[1]))
    socket.end('abcdef')
    expect(await textOf(socket)).toBe('abcdef')
    tls.kill('SIGINT')
    tcp.kill('SIGINT')
    expect(JSON.parse((await tcp).stdout)).toMatchObject({ requests: 2 })
    expect((await tls).exitCode).toBe(0)
  })

  test.each([
    [
      'a fault that is none',
      ['relay', '--upstream', '127.0.0.1:1', '--fault', '{"latancy":{"delay":"1ms"}}'],
      /did you mean "latency"/u,
    ],
    ['no JSON', ['relay', '--upstream', '127.0.0.1:1', '--fault', '{'], /--fault/u],
    ['an upstream without a port', ['relay', '--upstream', 'localhost'], /HOST:PORT/u],
    ['an upstream beyond this machine', ['relay', '--upstream', '192.0.2.1:80'], /--allow-host/u],
    ['a knob out of range', ['target', '--error-share', '300%'], /errorShare/u],
    ['a stall longer than its period', ['target', '--stall-every', '1s', '--stall-for', '2s'], /stall/u],
    ['a kind that there is none of', ['target', 'htp'], /websocket/u],
    ['a certificate that is not there', ['target', '--cert', 'none.pem', '--key', 'none.key'], /none\.key.*exist/su],
    ['a framing that is none', ['target', 'tcp', '--framing', 'fixed:0b'], /framing/u],
    ['a framing of a kind that has none', ['target', 'http', '--framing', 'line'], /framing/u],
  ])('%s is refused with 104', async (_, args, message) => {
    const { code, stderr } = await soakrig(args)
    expect(stderr).toMatch(message)
    expect(code).toBe(104)
  })
})
