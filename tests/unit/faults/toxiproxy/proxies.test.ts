import { beforeEach, describe, expect, test } from 'vitest'
import type { RelayArm } from '../../../../harness/faults/relay/protocol.ts'
import type { Layer } from '../../../../harness/faults/rule.ts'
import { ApiFailure } from '../../../../harness/faults/toxiproxy/failure.ts'
import { type AdoptedArm, Proxies, type ProxyRelay } from '../../../../harness/faults/toxiproxy/proxies.ts'
import { SoakrigError } from '../../../../harness/kernel/errors.ts'
import { createVirtualClock } from '../../../../harness/kernel/virtual-clock.ts'

/** A relay that only notes what it is told. */
class FakeRelay implements ProxyRelay {
  readonly ports: Record<string, number> = {}
  readonly arms = new Map<string, RelayArm>()
  readonly slices: string[] = []
  taken = new Set<number>()
  #next = 40_000

  async open(arm: RelayArm): Promise<void> {
    if (this.taken.has(arm.listen.port))
      throw new SoakrigError('cannot listen', { code: 'port-taken', exit: 'environment' })
    this.arms.set(arm.arm, arm)
    this.ports[arm.arm] = arm.listen.port || this.#next++
  }

  async close(arm: string): Promise<void> {
    this.arms.delete(arm)
    delete this.ports[arm]
  }

  setSlice(arm: string, slice: number): void {
    this.slices.push(`${arm} ${slice}`)
  }

  async setLayers(arm: string, layers: readonly Layer[]): Promise<void> {
    this.arms.set(arm, { ...this.arms.get(arm)!, layers })
  }

  layers(arm: string): string[] {
    return this.arms.get(arm)!.layers.map(({ name }) => name)
  }
}

const upstream = '127.0.0.1:6379'
let relay: FakeRelay
let proxies: Proxies

function open(adopted: readonly AdoptedArm[] = []): void {
  relay = new FakeRelay()
  proxies = new Proxies({ relay, clock: createVirtualClock(), allowedHosts: [], adopted })
}

beforeEach(() => open())

async function failureOf(work: Promise<unknown> | (() => unknown)): Promise<unknown> {
  try {
    return await (typeof work === 'function' ? work() : work)
  } catch (error) {
    return error instanceof ApiFailure ? { message: error.message, status: error.status } : error
  }
}

const latency = { type: 'latency', attributes: { latency: 20 } }

describe('a proxy', () => {
  test('is an arm of the relay, listens where it says, and is shown with its toxics', async () => {
    const shown = await proxies.create({ name: 'redis', listen: 'localhost:0', upstream })
    expect(shown).toEqual({ name: 'redis', listen: '127.0.0.1:40000', upstream, enabled: true, toxics: [] })
    expect(relay.arms.get('redis')).toMatchObject({ transport: 'tcp', upstream: { host: '127.0.0.1', port: 6379 } })
    expect(proxies.index()).toEqual({ redis: shown })
    expect(proxies.show('redis')).toEqual(shown)
  })

  test('acts with its toxics from the first connection on, where they come with it', async () => {
    await proxies.create({ name: 'redis', listen: ':0', upstream, toxics: [latency] })
    expect(relay.layers('redis')).toEqual(['latency_downstream'])
  })

  test('that is disabled is no arm, keeps its port and toxics, and comes back on both', async () => {
    const { listen } = await proxies.create({ name: 'redis', upstream, toxics: [latency] })
    expect(await proxies.update('redis', { enabled: false })).toMatchObject({ enabled: false, listen })
    expect(relay.arms.size).toBe(0)
    await proxies.addToxic('redis', { type: 'slow_close', attributes: { delay: 5 } })
    expect(await proxies.update('redis', { enabled: true })).toMatchObject({ enabled: true, listen })
    expect(relay.layers('redis')).toEqual(['latency_downstream', 'slow_close_downstream'])
  })

  test('has a slice of its own each time it is opened, so that decisions are named once', async () => {
    await proxies.create({ name: 'redis', upstream })
    for (const enabled of [false, true]) await proxies.update('redis', { enabled })
    expect(relay.slices).toEqual(['redis 0', 'redis 1'])
  })

  test('moves to another address', async () => {
    await proxies.create({ name: 'redis', listen: '127.0.0.1:5000', upstream })
    expect(await proxies.update('redis', { upstream: '127.0.0.1:7000' })).toMatchObject({
      listen: '127.0.0.1:5000',
      upstream: '127.0.0.1:7000',
      enabled: true,
    })
    expect(relay.arms.get('redis')).toMatchObject({ upstream: { port: 7000 }, listen: { port: 5000 } })
  })

  test('that cannot be opened is not there; one that cannot be opened again is disabled', async () => {
    relay.taken.add(5000)
    const failed = await failureOf(proxies.create({ name: 'redis', listen: ':5000', upstream }))
    expect(failed).toEqual({ message: 'cannot listen', status: 500 })
    expect(proxies.index()).toEqual({})
    await proxies.create({ name: 'redis', upstream })
    expect(await failureOf(proxies.update('redis', { listen: ':5000' }))).toMatchObject({ status: 500 })
    expect(proxies.show('redis')).toMatchObject({ enabled: false })
  })

  test('goes when it is deleted', async () => {
    await proxies.create({ name: 'redis', upstream })
    await proxies.remove('redis')
    expect(relay.arms.size).toBe(0)
    expect(await failureOf(() => proxies.show('redis'))).toEqual({ message: 'proxy not found', status: 404 })
  })

  test.each([
    [{ upstream }, 'missing required field: name', 400],
    [{ name: 'a' }, 'missing required field: upstream', 400],
    [{ name: 5, upstream }, 'bad request body: name: found 5, allowed: text', 400],
    [{ name: 'a', upstream: '6379' }, /^bad request body: upstream: found "6379", allowed: HOST:PORT/u, 400],
    [{ name: 'a', upstream, listen: 5 }, /^bad request body: listen/u, 400],
    [{ name: 'a', upstream, listen: ':99999' }, /^bad request body: listen/u, 400],
    [{ name: 'a', upstream, enabled: 'yes' }, /^bad request body: enabled: found "yes"/u, 400],
    [{ name: 'a', upstream, toxics: {} }, /^bad request body: toxics/u, 400],
    [{ name: 'a', upstream, toxics: [latency, latency] }, 'toxic already exists', 409],
    [{ name: 'a', upstream, listen: '192.0.2.1:0' }, /192\.0\.2\.1.* is not a loopback address/u, 400],
    [{ name: 'a', upstream: '192.0.2.1:80' }, /192\.0\.2\.1.* is not a loopback address/u, 400],
    ['hello', 'bad request body: found "hello", allowed: a proxy', 400],
  ])('%o is refused', async (body, message, status) => {
    expect(await failureOf(proxies.create(body))).toEqual({ message: expect.stringMatching(message), status })
    expect(relay.arms.size).toBe(0)
  })

  test('of a name that is taken is refused', async () => {
    await proxies.create({ name: 'redis', upstream })
    expect(await failureOf(proxies.create({ name: 'redis', upstream }))).toEqual({
      message: 'proxy already exists',
      status: 409,
    })
  })

  test('that was there before the API keeps its own layers, whatever its toxics are', async () => {
    const base: Layer = { name: 'relay', rules: [] }
    const listen = { host: '127.0.0.1', port: 5000 }
    open([{ arm: 'relay', listen, upstream: { host: '127.0.0.1', port: 6379 }, layers: [base] }])
    await relay.open({ arm: 'relay', transport: 'tcp', listen, upstream: listen, layers: [base] })
    expect(proxies.index()).toMatchObject({ relay: { listen: '127.0.0.1:5000', upstream, enabled: true, toxics: [] } })
    await proxies.addToxic('relay', latency)
    expect(relay.layers('relay')).toEqual(['relay', 'latency_downstream'])
    await proxies.reset()
    expect(relay.layers('relay')).toEqual(['relay'])
  })
})

describe('toxics of a proxy', () => {
  beforeEach(async () => {
    await proxies.create({ name: 'redis', upstream })
  })

  test('are added, changed and removed while it serves; each is a layer of its own', async () => {
    await proxies.addToxic('redis', latency)
    await proxies.addToxic('redis', { ...latency, name: 'more', stream: 'upstream' })
    expect(relay.layers('redis')).toEqual(['latency_downstream', 'more'])
    expect(proxies.toxics('redis').map(({ name }) => name)).toEqual(['more', 'latency_downstream'])
    await proxies.updateToxic('redis', 'more', { attributes: { latency: 70 } })
    expect(proxies.toxic('redis', 'more')).toMatchObject({ attributes: { latency: 70 } })
    expect(relay.arms.get('redis')!.layers[1]!.rules[0]!.faults.uplink['latency']).toMatchObject({ delayNs: 70e6 })
    await proxies.removeToxic('redis', 'latency_downstream')
    expect(relay.layers('redis')).toEqual(['more'])
  })

  test('have one name each', async () => {
    await proxies.addToxic('redis', latency)
    expect(await failureOf(proxies.addToxic('redis', latency))).toEqual({
      message: 'toxic already exists',
      status: 409,
    })
  })

  test.each([
    ['show', () => proxies.toxic('redis', 'none')],
    ['update', () => proxies.updateToxic('redis', 'none', {})],
    ['remove', () => proxies.removeToxic('redis', 'none')],
  ])('that are not there cannot be asked to %s', async (_what, work) => {
    expect(await failureOf(work)).toEqual({ message: 'toxic not found', status: 404 })
  })

  test('all go with a reset, which enables every proxy', async () => {
    await proxies.addToxic('redis', latency)
    await proxies.create({ name: 'other', upstream, enabled: false })
    await proxies.reset()
    expect(proxies.index()).toMatchObject({ redis: { toxics: [] }, other: { enabled: true, toxics: [] } })
    expect(relay.layers('redis')).toEqual([])
  })
})

describe('populate', () => {
  test('makes what is not there, replaces what has other addresses, and leaves the rest with its toxics', async () => {
    await proxies.create({ name: 'same', listen: ':5001', upstream, toxics: [latency] })
    await proxies.create({ name: 'moved', listen: ':5002', upstream, toxics: [latency] })
    const shown = await proxies.populate([
      { name: 'same', listen: 'localhost:5001', upstream },
      { name: 'moved', listen: ':5003', upstream },
      { name: 'new', listen: ':5004', upstream, enabled: false },
    ])
    expect(shown.map(({ name, enabled, toxics }) => [name, enabled, toxics.length])).toEqual([
      ['same', true, 1],
      ['moved', true, 0],
      ['new', false, 0],
    ])
    expect(relay.arms.get('moved')).toMatchObject({ listen: { port: 5003 } })
  })

  test('replaces toxics where it says some', async () => {
    await proxies.create({ name: 'a', listen: ':5001', upstream, toxics: [latency] })
    await proxies.populate([{ name: 'a', listen: ':5001', upstream, toxics: [] }])
    expect(relay.layers('a')).toEqual([])
  })

  test.each([
    [{}, 'bad request body: found an empty object, allowed: a list of proxies'],
    [[{ name: 'a', upstream }, { upstream }], 'missing required field: name at proxy 2'],
    [[{ name: 'a', upstream }, { name: 'b' }], 'missing required field: upstream at proxy 2'],
    [
      [
        { name: 'a', upstream },
        { name: 'a', upstream },
      ],
      'bad request body: duplicate proxy name "a"',
    ],
    [
      [
        { name: 'a', upstream },
        { name: 'b', upstream: '192.0.2.1:1' },
      ],
      /is not a loopback address/u,
    ],
  ])('of %o changes nothing', async (body, message) => {
    expect(await failureOf(proxies.populate(body))).toEqual({ message: expect.stringMatching(message), status: 400 })
    expect(proxies.index()).toEqual({})
  })
})
