import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { realClock } from '../../../harness/kernel/clock.ts'
import { withQueue } from '../../../harness/run/queue-watch.ts'
import { noReading, type ResourceWatch } from '../../../harness/run/watch.ts'
import { watchLife } from '../../../harness/run/watch-life.ts'
import { until } from '../../support/sockets.ts'

const resources: ResourceWatch = {
  take: () => ({ ...noReading, memoryKb: 7, fds: 3 }),
  missing: { count: 0, detail: null },
  stop: () => Promise.resolve(),
}

/** A server that answers these bodies one after the other, the last one again and again. */
async function answering(bodies: readonly string[]) {
  let asked = 0
  const server = createServer((_, response) => response.end(bodies[Math.min(asked++, bodies.length - 1)]))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { server, port, asked: () => asked }
}

/** Watches such a server. */
async function watched(bodies: readonly string[]) {
  const { server, port, asked } = await answering(bodies)
  const watch = withQueue(resources, { url: 'http://127.0.0.1:1', statsPort: port }, realClock)
  const stop = async (): Promise<void> => {
    await watch.stop()
    server.close()
  }
  return { watch, asked, stop }
}

test('the last reading of a window is told beside the resources, and forgotten', async () => {
  const queue = { served: 5, expired: 0, wasted: 2, oldestNs: 9 }
  const { watch, asked, stop } = await watched([JSON.stringify({ requests: 1, queue })])
  await until('two readings', () => asked() === 2)
  const nowNs = realClock.nowNs()
  expect(watch.take(0, nowNs)).toEqual({
    ...noReading,
    memoryKb: 7,
    fds: 3,
    queue: { served: 5, wasted: 2, oldestNs: 9 },
  })
  expect(watch.take(0, nowNs).queue).toBeNull()
  await stop()
})

test('pages that say nothing of a queue are no reading', async () => {
  const { watch, asked, stop } = await watched(['{"requests":1}', 'nothing', '{"queue":{"served":"5"}}'])
  await until('all of them', () => asked() >= 3)
  expect(watch.take(0, Number.POSITIVE_INFINITY).queue).toBeNull()
  await stop()
})

test('only a built-in target of a scenario is asked: another would count the looks', async () => {
  const watchedAs = async (kind: string, scenario: object | null = { expect: 'recovered' }) => {
    const { server, port, asked } = await answering(['{}'])
    const target = { url: `http://127.0.0.1:${port}`, statsPort: null, isDown: true }
    const life = { target, sampleTarget: () => Promise.resolve(null) } as unknown as Parameters<
      typeof watchLife
    >[0]['life']
    const profile = { mode: { name: 'smoke' }, scenario, target: { kind } } as unknown as Parameters<
      typeof watchLife
    >[1]
    const slice = { arm: { phaseKind: 'stress', sliceNs: 1e9 }, isFaulty: () => false, recess: () => Promise.resolve() }
    const watch = watchLife({ life, clock: realClock, ...slice } as Parameters<typeof watchLife>[0], profile)
    const stop = async (): Promise<void> => {
      await watch.stop()
      server.close()
    }
    return { asked, stop }
  }
  const others = await Promise.all([watchedAs('command'), watchedAs('url'), watchedAs('builtin', null)])
  const builtin = await watchedAs('builtin')
  await until('a look', () => builtin.asked() > 0)
  expect(others.map(({ asked }) => asked())).toEqual([0, 0, 0])
  await Promise.all([...others, builtin].map(({ stop }) => stop()))
})
