import { connect } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { realClock } from '../../../../harness/kernel/clock.ts'
import { createRng } from '../../../../harness/kernel/rng.ts'
import { type BuiltinName, builtinNames, builtinOf } from '../../../../harness/target/builtin/builtins.ts'
import { type Knobs, plainKnobs } from '../../../../harness/target/builtin/knobs.ts'
import { type BuiltinRequest, type ServedBuiltin, serveBuiltin } from '../../../../harness/target/builtin/serve.ts'
import { anyClient, authorityFile, knownClient, serverFiles } from '../../../support/certificate-files.ts'
import { askEcho } from '../../../support/echo-clients.ts'
import { until } from '../../../support/sockets.ts'

const open: ServedBuiltin[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((served) => served.close()))
})

async function serve(name: BuiltinName, more: Partial<BuiltinRequest> = {}, knobs: Partial<Knobs> = {}) {
  const deaths: string[] = []
  const served = await serveBuiltin(
    {
      name,
      host: '127.0.0.1',
      port: 0,
      knobs: { ...plainKnobs, ...knobs },
      tls: null,
      socketPath: null,
      framing: { kind: 'line', delimiter: '\n' },
      ...more,
    },
    { clock: realClock, rng: createRng(1), onDeath: () => deaths.push(name) },
  )
  open.push(served)
  return { served, deaths }
}

const readStats = async ({ port, statsPort }: ServedBuiltin): Promise<unknown> =>
  (await fetch(`http://127.0.0.1:${statsPort ?? port}/stats`)).json()

const isConnected = (name: BuiltinName): boolean => name !== 'udp'

describe.each(builtinNames)('the built-in target %s', (name) => {
  test('answers, and tells over HTTP what it has counted, questions after that left out', async () => {
    const { served } = await serve(name)
    expect(served.statsPort === null).toBe(name === 'http')
    for (let index = 0; index < 3; index++) expect(await askEcho[name](served.port)).toBe('hi')
    if (name !== 'http') await until('the ends', () => served.stats().open === 0)
    await readStats(served)
    const told = await readStats(served)
    const connections = { http: 5, udp: 0 }[name as string] ?? 3
    expect(told).toMatchObject({ requests: 3, errors: 0, connections, leakedBytes: 0 })
  })

  test('leaves nothing open when it is closed', async () => {
    const { served } = await serve(name)
    const idle = isConnected(name) ? connect(served.port, '127.0.0.1').resume() : undefined
    if (idle) await until('the connection', () => served.stats().open === 1)
    await Promise.all([served.close(), served.close()])
    if (idle) {
      idle.on('error', () => {})
      await until('its end', () => idle.destroyed)
    }
    await expect(readStats(served)).rejects.toThrow('fetch failed')
  })

  test('waits, errs and leaks as its knobs say', async () => {
    const { served } = await serve(name, {}, { serviceTimeNs: 40e6, leakBytes: 1000 })
    const begin = performance.now()
    expect(await askEcho[name](served.port)).toBe('hi')
    expect(performance.now() - begin).toBeGreaterThanOrEqual(40)
    expect(served.stats()).toMatchObject({ requests: 1, leakedBytes: 1000 })
    const { served: erring } = await serve(name, {}, { errorShare: 1 })
    const told = await askEcho[name](erring.port).catch((error: unknown) => String(error))
    // A datagram comes back with a byte too many: its header must stay what it was.
    expect(told).toContain(name === 'udp' ? 'hi\0' : 'error by knob')
    expect(erring.stats()).toMatchObject({ requests: 1, errors: 1 })
  })

  test('dies of the request it is told to die of', async () => {
    const { served, deaths } = await serve(name, {}, { dieAfter: 2 })
    await askEcho[name](served.port)
    const unanswered = askEcho[name](served.port).catch(() => 'nothing')
    await until('its death', () => deaths.length === 1)
    expect(served.stats().requests).toBe(2)
    // What waits for the answer ends with the server; over UDP nothing tells it.
    if (!isConnected(name)) return
    await served.close()
    expect(await unanswered).not.toBe('hi')
  })
})

const secured = builtinNames.filter((name) => builtinOf(name).takes.includes('tls'))

describe.each(secured)('the built-in target %s', (name) => {
  test('with TLS takes any client that trusts it', async () => {
    const { served } = await serve(name, { tls: { ...serverFiles, clientCa: null } })
    expect(served.url).toMatch(/^(https|wss|tls|grpcs):/u)
    expect(served.statsPort).not.toBeNull()
    expect(await askEcho[name](served.port, anyClient)).toBe('hi')
    expect(await readStats(served)).toMatchObject({ requests: 1, connections: 1 })
    await expect(askEcho[name](served.port, { ca: '' })).rejects.toThrow(/.*/u)
    expect(served.stats().requests).toBe(1)
  })

  test('with an authority of clients takes only those', async () => {
    const { served } = await serve(name, { tls: { ...serverFiles, clientCa: authorityFile } })
    expect(await askEcho[name](served.port, knownClient)).toBe('hi')
    const refused = await askEcho[name](served.port, anyClient).catch((error: unknown) => String(error))
    expect(refused).not.toBe('hi')
    expect(served.stats().requests).toBe(1)
  })
})

test('the port for stats serves nothing else', async () => {
  const { served } = await serve('http2')
  const statusOf = async (path: string) => (await fetch(`http://127.0.0.1:${served.statsPort}${path}`)).status
  expect([await statusOf('/health'), await statusOf('/stats?x'), await statusOf('/')]).toEqual([200, 200, 404])
  expect(served.stats()).toMatchObject({ requests: 0, connections: 0 })
})

test('certificates that cannot be used start nothing', async () => {
  await expect(serve('tcp', { tls: { cert: 'none.pem', key: 'none.key', clientCa: null } })).rejects.toMatchObject({
    code: 'tls-file',
    exitCode: 104,
  })
})
