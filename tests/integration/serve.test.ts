import { once } from 'node:events'
import { get } from 'node:http'
import { describe, expect, test } from 'vitest'
import { soakrig, startSoakrig } from '../support/soakrig.ts'

/** Waits until a command has said where it listens, and gives the port. */
function portOf(run: ReturnType<typeof startSoakrig>): Promise<number> {
  return new Promise((resolve) => {
    let said = ''
    run.stderr.on('data', (text: Buffer) => {
      said += text.toString()
      const [, port] = /127\.0\.0\.1:(\d+)/u.exec(said) ?? []
      if (port) resolve(Number(port))
    })
  })
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
  ])('%s is refused with 104', async (_, args, message) => {
    const { code, stderr } = await soakrig(args)
    expect(stderr).toMatch(message)
    expect(code).toBe(104)
  })
})
