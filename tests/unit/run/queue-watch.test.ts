import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { realClock } from '../../../harness/kernel/clock.ts'
import { withQueue } from '../../../harness/run/queue-watch.ts'
import type { ResourceWatch } from '../../../harness/run/watch.ts'
import { until } from '../../support/sockets.ts'

const resources: ResourceWatch = {
  take: () => ({ memoryKb: 7, fds: 3, queue: null }),
  missing: { count: 0, detail: null },
  stop: () => Promise.resolve(),
}

/** Watches a server that answers these bodies one after the other, the last one again and again. */
async function watched(bodies: readonly string[]) {
  let asked = 0
  const server = createServer((_, response) => response.end(bodies[Math.min(asked++, bodies.length - 1)]))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const watch = withQueue(resources, { url: 'http://127.0.0.1:1', statsPort: port }, realClock)
  const stop = async (): Promise<void> => {
    await watch.stop()
    server.close()
  }
  return { watch, asked: () => asked, stop }
}

test('the last reading of a window is told beside the resources, and forgotten', async () => {
  const queue = { served: 5, expired: 0, wasted: 2, oldestNs: 9 }
  const { watch, asked, stop } = await watched([JSON.stringify({ requests: 1, queue })])
  await until('two readings', () => asked() === 2)
  const nowNs = realClock.nowNs()
  expect(watch.take(0, nowNs)).toEqual({ memoryKb: 7, fds: 3, queue: { served: 5, wasted: 2, oldestNs: 9 } })
  expect(watch.take(0, nowNs).queue).toBeNull()
  await stop()
})

test('pages that say nothing of a queue are no reading', async () => {
  const { watch, asked, stop } = await watched(['{"requests":1}', 'nothing', '{"queue":{"served":"5"}}'])
  await until('all of them', () => asked() >= 3)
  expect(watch.take(0, Number.POSITIVE_INFINITY).queue).toBeNull()
  await stop()
})
