import { describe, expect, test } from 'vitest'
import { createDialer, type Dialer, dialerTask } from '../../harness/faults/dialer.ts'
import { noDecisions } from '../../harness/faults/decisions.ts'
import { openDnsArm } from '../../harness/faults/dns/server.ts'
import { parseFaults } from '../../harness/faults/faults.ts'
import { plainRule } from '../../harness/faults/rules.ts'
import { realClock } from '../../harness/kernel/clock.ts'
import { createRng } from '../../harness/kernel/rng.ts'
import { TimerWheel } from '../../harness/kernel/timer-wheel.ts'
import { bodyOf, type Opened, type Place, type Subject, subjects } from '../support/driver-subjects.ts'
import type { TestLane } from '../support/message-lanes.ts'

const overNetwork = subjects.filter(({ unix }) => !unix)
const overStreams = overNetwork.filter(({ protocol }) => protocol !== 'udp')
const target = { host: 'shop.test', port: 80 }

interface Dialled extends AsyncDisposable {
  readonly opened: Opened
  readonly dialer: Dialer
  readonly lane: TestLane
}

/** A driver of which every connection is dialled under these faults; with a `dns` fault, by a name that a resolver of ours knows. */
async function openDialled(
  subject: Subject,
  place: Place,
  faults: Readonly<Record<string, unknown>>,
  changes: Parameters<Subject['open']>[1] = {},
): Promise<Dialled> {
  const wheel = new TimerWheel(realClock)
  const rules = [plainRule('rule', parseFaults(faults))]
  const arm = await openDnsArm(
    {
      arm: 'dns',
      transport: 'dns',
      upstream: null,
      layers: [{ name: 'policy', rules }],
      listen: { host: '127.0.0.1', port: 0 },
      names: { 'shop.test': ['127.0.0.1'] },
    },
    { rng: createRng(1), clock: realClock, wheel, allowedHosts: [], decisions: noDecisions },
  )
  const task = dialerTask(rules, { host: '127.0.0.1', port: arm.port, name: 'shop.test' }, target)
  if (!task) throw new Error('nothing to do')
  const dialer = createDialer({
    task,
    layer: 'policy',
    address: '127.0.0.1',
    port: place.port,
    allowedHosts: [],
    originNs: realClock.nowNs(),
    clock: realClock,
    wheel,
    rng: createRng(1),
  })
  const opened = await subject.open(place, { ...changes, dialer })
  return {
    opened,
    dialer,
    lane: opened.driver.lane(),
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]()
      dialer.close()
      await arm.close()
      if (wheel.size > 0) throw new Error(`${wheel.size} timers are left`)
    },
  }
}

describe.each(overStreams)('$name', (subject) => {
  test('connects as late as a slow handshake says, within the attempt, and once for all that its connection carries (L8, P21)', async () => {
    await using server = await subject.serve()
    await using dialled = await openDialled(subject, server, { handshake: { delay: '40ms' } })
    const { lane, opened, dialer } = dialled
    const fromNs = realClock.nowNs()
    const first = await lane.run(opened.prepare(1))
    expect(first).toMatchObject({ error: null, body: bodyOf(subject.protocol, 1) })
    expect((realClock.nowNs() - fromNs) / 1e6).toBeGreaterThanOrEqual(40)
    await lane.run(opened.prepare(1))
    const { eligible, fired } = dialer.tallies()['handshake'] ?? {}
    expect([eligible, fired]).toEqual(subject.name.includes('without keep-alive') ? [2, 2] : [1, 1])
  })

  test('gives a connection up that is not made in time, and leaves nothing behind', async () => {
    await using server = await subject.serve()
    await using dialled = await openDialled(subject, server, { handshake: { delay: '5s' } }, { timeoutNs: 40e6 })
    const { lane, opened } = dialled
    expect(await lane.run(opened.prepare(1))).toMatchObject({ error: 'timeout' })
    expect(lane.events).not.toContain('connected')
    expect(server.stats().requests).toBe(0)
  })
})

describe.each(overNetwork)('$name', (subject) => {
  test('fails as unreachable, with a text that says it was made up, and the target sees nothing (F30, P20)', async () => {
    await using server = await subject.serve()
    await using dialled = await openDialled(subject, server, { unreachable: { probability: 1 } })
    const { lane, opened, dialer } = dialled
    expect(await lane.run(opened.prepare(1))).toMatchObject({
      error: 'unreachable',
      detail: expect.stringContaining('EHOSTUNREACH (synthetic)'),
    })
    expect(dialer.tallies()['unreachable']).toMatchObject({ fired: 1 })
    expect(server.stats().requests).toBe(0)
  })

  test('looks its target up when it connects, and fails when there is no such name (F32)', async () => {
    await using server = await subject.serve()
    await using late = await openDialled(subject, server, { dns: { delay: '30ms' } })
    const fromNs = realClock.nowNs()
    expect(await late.lane.run(late.opened.prepare(1))).toMatchObject({ error: null })
    expect((realClock.nowNs() - fromNs) / 1e6).toBeGreaterThanOrEqual(30)
    await using lost = await openDialled(subject, server, { dns: { nxdomain: 1 } })
    expect(await lost.lane.run(lost.opened.prepare(1))).toMatchObject({
      error: 'dns',
      detail: expect.stringContaining('ENOTFOUND'),
    })
  })

  test('waits no longer for a resolver that does not answer than it is told to (F32)', async () => {
    await using server = await subject.serve()
    await using dialled = await openDialled(subject, server, { dns: { drop: 1, timeout: '30ms' } })
    expect(await dialled.lane.run(dialled.opened.prepare(1))).toMatchObject({
      error: 'dns',
      detail: expect.stringContaining('EAI_AGAIN'),
    })
  })
})

test('a name that is resolved to the address of another machine is not dialled', async () => {
  const [subject] = overStreams as [Subject]
  await using server = await subject.serve()
  await using dialled = await openDialled(subject, server, { dns: { wrongAddress: 1, address: '192.0.2.1' } })
  expect(await dialled.lane.run(dialled.opened.prepare(1))).toMatchObject({ error: 'connect', detail: 'EACCES' })
})

test('the default wrong address is one that nobody listens on, even where a server listens on all', async () => {
  const [subject] = overStreams as [Subject]
  await using server = await subject.serve()
  await using dialled = await openDialled(subject, server, { dns: { wrongAddress: 1 } })
  expect(await dialled.lane.run(dialled.opened.prepare(1))).toMatchObject({
    error: 'unreachable',
    detail: 'ENETUNREACH',
  })
})
