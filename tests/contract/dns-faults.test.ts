import { Resolver } from 'node:dns/promises'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { decode, encode } from 'dns-packet'
import { describe, expect, test } from 'vitest'
import { noDecisions } from '../../harness/faults/decisions.ts'
import { lookUp } from '../../harness/faults/dns/lookup.ts'
import { openDnsArm } from '../../harness/faults/dns/server.ts'
import { dnsKinds } from '../../harness/faults/dns.ts'
import { parseFaults } from '../../harness/faults/faults.ts'
import type { RelayArm } from '../../harness/faults/relay/protocol.ts'
import type { OpenArm } from '../../harness/faults/relay/transport.ts'
import type { Layer } from '../../harness/faults/rule.ts'
import { plainRule } from '../../harness/faults/rules.ts'
import { realClock } from '../../harness/kernel/clock.ts'
import { systemCode } from '../../harness/kernel/errors.ts'
import { createRng } from '../../harness/kernel/rng.ts'
import { TimerWheel } from '../../harness/kernel/timer-wheel.ts'
import { until } from '../support/sockets.ts'

const names = { 'db.test': ['127.0.0.1', '::1'], 'six.test': ['::1'] }

const layers = (faults: object): Layer[] => [
  { name: 'policy', rules: [plainRule('rule', parseFaults({ dns: faults }))] },
]

interface TestArm extends AsyncDisposable {
  readonly arm: OpenArm
  /** Asks as any program does; gives addresses, or the code of the error. */
  ask(name?: string, type?: 4 | 6): Promise<readonly string[] | string | undefined>
  fired(): number
}

async function openArm(faults: object | null, changes: Partial<RelayArm> = {}, seed = 1): Promise<TestArm> {
  const wheel = new TimerWheel(realClock)
  const arm = await openDnsArm(
    {
      arm: 'test',
      transport: 'dns',
      upstream: null,
      layers: faults ? layers(faults) : [],
      listen: { host: '127.0.0.1', port: 0 },
      names,
      ...changes,
    },
    { rng: createRng(seed), clock: realClock, wheel, allowedHosts: [], decisions: noDecisions },
  )
  return {
    arm,
    async ask(name = 'db.test', type = 4) {
      const resolver = new Resolver({ timeout: 300, tries: 1 })
      resolver.setServers([`127.0.0.1:${arm.port}`])
      return (type === 4 ? resolver.resolve4(name) : resolver.resolve6(name)).catch((error: unknown) =>
        systemCode(error),
      )
    },
    fired: () => arm.read(false).tallies['dns']?.fired ?? 0,
    async [Symbol.asyncDispose]() {
      await arm.close()
      if (wheel.size > 0) throw new Error(`${wheel.size} timers are left`)
    },
  }
}

const seen: Readonly<Record<(typeof dnsKinds)[number], readonly string[] | string>> = {
  drop: 'ETIMEOUT',
  nxdomain: 'ENOTFOUND',
  servfail: 'ESERVFAIL',
  refused: 'EREFUSED',
  empty: 'ENODATA',
  wrongAddress: ['127.255.255.255'],
  // c-ares asks again over TCP, and has the whole answer there.
  truncated: ['127.0.0.1'],
  malformed: 'EBADRESP',
}

test.each(dnsKinds)('%s is seen by a resolving client as what it is, and counted (F32)', async (kind) => {
  await using open = await openArm({ [kind]: 1 })
  expect(await open.ask()).toEqual(seen[kind])
  const { accepted, tallies, counters, rules } = open.arm.read(false)
  const queries = kind === 'truncated' ? 2 : 1
  expect(accepted).toBe(queries)
  expect(tallies['dns']).toMatchObject({ eligible: queries, fired: 1 })
  expect(counters).toEqual({ [`dns.${kind}`]: 1 })
  expect(rules['policy/rule']).toMatchObject({ matched: queries, tallies: { dns: { fired: 1 } } })
})

test('without a fault names have their addresses, and others do not exist', async () => {
  await using open = await openArm(null)
  expect(await open.ask('DB.test')).toEqual(['127.0.0.1'])
  expect(await open.ask('db.test', 6)).toEqual(['::1'])
  expect(await open.ask('six.test')).toBe('ENODATA')
  expect(await open.ask('other.test')).toBe('ENOTFOUND')
  expect(open.arm.read(false)).toMatchObject({ accepted: 4, open: 0, heldBytes: 0, tallies: {} })
})

test('answers are as late as it says, and the relay says how late they were', async () => {
  await using open = await openArm({ delay: '40ms' })
  const fromNs = realClock.nowNs()
  expect(await open.ask()).toEqual(['127.0.0.1'])
  expect(realClock.nowNs() - fromNs).toBeGreaterThanOrEqual(40e6)
  expect(open.arm.read(true).delays).not.toBeNull()
})

test('of names and types that are not meant nothing fires', async () => {
  await using open = await openArm({ nxdomain: 1, names: ['*.svc.test'], types: ['A'] })
  expect(await open.ask('db.test')).toEqual(['127.0.0.1'])
  expect(await open.ask('a.svc.test', 6)).toBe('ENOTFOUND')
  expect([open.fired(), open.arm.read(false).tallies['dns']?.eligible]).toEqual([0, 0])
})

test('a share is hit as often as it says, the same queries of the same seed each time', async () => {
  const ask = async (): Promise<readonly string[]> => {
    await using open = await openArm({ nxdomain: '30%', refused: '20%' })
    const answers: string[] = []
    for (let query = 0; query < 60; query++) answers.push(String(await open.ask()))
    return answers
  }
  const first = await ask()
  expect(await ask()).toEqual(first)
  const share = (answer: string): number => first.filter((one) => one === answer).length / 60
  expect(Math.abs(share('ENOTFOUND') - 0.3)).toBeLessThan(3.29 * Math.sqrt(0.21 / 60))
  expect(Math.abs(share('EREFUSED') - 0.2)).toBeLessThan(3.29 * Math.sqrt(0.16 / 60))
})

describe('rules that change while it serves', () => {
  test('act from the next query on', async () => {
    await using open = await openArm(null)
    expect(await open.ask()).toEqual(['127.0.0.1'])
    await open.arm.setLayers(layers({ servfail: 1 }))
    expect(await open.ask()).toBe('ESERVFAIL')
    await open.arm.setLayers([])
    expect(await open.ask()).toEqual(['127.0.0.1'])
    expect(open.fired()).toBe(1)
  })

  test('let go at once what they held', async () => {
    await using open = await openArm({ delay: '10s' })
    const answer = open.ask()
    await until('the answer waits', () => open.arm.read(false).heldBytes > 0)
    await open.arm.setLayers([])
    expect(await answer).toEqual(['127.0.0.1'])
  })
})

describe('another resolver behind it', () => {
  test('is asked for names of its own, over UDP and TCP, and faults act on its answers', async () => {
    await using behind = await openArm(null, { names: { 'far.test': ['127.0.0.7'] } })
    await using open = await openArm(null, { upstream: { host: '127.0.0.1', port: behind.arm.port } })
    expect(await open.ask('far.test')).toEqual(['127.0.0.7'])
    await open.arm.setLayers(layers({ truncated: 1 }))
    expect(await open.ask('far.test')).toEqual(['127.0.0.7'])
    expect(behind.arm.read(false).accepted).toBe(3)
    await open.arm.setLayers(layers({ refused: 1 }))
    expect(await open.ask('far.test')).toBe('EREFUSED')
    expect(behind.arm.read(false).accepted).toBe(3)
  })

  test('that is not there is a SERVFAIL, and counted', async () => {
    const gone = createSocket('udp4').bind(0, '127.0.0.1')
    await once(gone, 'listening')
    const { port } = gone.address()
    gone.close()
    await using open = await openArm(null, { upstream: { host: '127.0.0.1', port } })
    expect(await open.ask('far.test')).toBe('ESERVFAIL')
    expect(open.arm.read(false).upstreamFailures).toBe(1)
  })

  test('that there is no way to is a SERVFAIL too', async () => {
    // A broadcast address, which the kernel lets no socket connect to.
    await using open = await openArm(null, { upstream: { host: '127.255.255.255', port: 53 } })
    expect(await open.ask('far.test')).toBe('ESERVFAIL')
  })

  test('must be on this machine', async () => {
    await expect(openArm(null, { upstream: { host: '192.0.2.1', port: 53 } })).rejects.toMatchObject({
      code: 'host-not-allowed',
    })
  })
})

test('bytes that are no query are counted, and the next query is answered', async () => {
  await using open = await openArm(null)
  const socket: Socket = createSocket('udp4')
  socket.send(Buffer.from('noise'), open.arm.port, '127.0.0.1')
  await until('the noise is counted', () => open.arm.read(false).counters['dns.unreadable'] === 1)
  socket.close()
  expect(await open.ask()).toEqual(['127.0.0.1'])
})

test('an answer has the time to live that is asked for', async () => {
  await using open = await openArm({ ttl: '3s' })
  const socket = createSocket('udp4')
  socket.send(encode({ type: 'query', id: 9, questions: [{ type: 'A', name: 'db.test' }] }), open.arm.port, '127.0.0.1')
  const [bytes] = (await once(socket, 'message')) as [Buffer]
  socket.close()
  expect(decode(bytes).answers).toMatchObject([{ data: '127.0.0.1', ttl: 3 }])
})

describe('a look-up of our own clients', () => {
  const looked = (port: number, name: string, timeoutNs = 80e6) =>
    new Promise<string>((resolve) => {
      const timers = { clock: realClock, wheel: new TimerWheel(realClock) }
      lookUp({ host: '127.0.0.1', port, name, timeoutNs }, timers, (error, address) =>
        resolve(error ? `${systemCode(error)}` : address),
      )
    })

  test('gives the address of IPv4, or that of IPv6 where there is no other', async () => {
    await using open = await openArm(null)
    expect(await looked(open.arm.port, 'db.test')).toBe('127.0.0.1')
    expect(await looked(open.arm.port, 'six.test')).toBe('::1')
    expect(await looked(open.arm.port, 'other.test')).toBe('ENOTFOUND')
  })

  test('is an EAI_AGAIN when its time is over, as of the system (F32)', async () => {
    await using open = await openArm({ drop: 1 })
    const fromNs = realClock.nowNs()
    expect(await looked(open.arm.port, 'db.test')).toBe('EAI_AGAIN')
    const tookMs = (realClock.nowNs() - fromNs) / 1e6
    expect(tookMs).toBeGreaterThanOrEqual(80)
    expect(tookMs).toBeLessThan(200)
    expect(open.arm.read(false).accepted).toBe(1)
  })

  test('tells nothing once it is given up', async () => {
    await using open = await openArm({ delay: '20ms' })
    const told: string[] = []
    const wheel = new TimerWheel(realClock)
    const resolver = { host: '127.0.0.1', port: open.arm.port, name: 'db.test', timeoutNs: 1e9 }
    const giveUp = lookUp(resolver, { clock: realClock, wheel }, () => told.push('told'))
    giveUp()
    expect(wheel.size).toBe(0)
    await realClock.sleep(30e6)
    expect(told).toEqual([])
  })
})
