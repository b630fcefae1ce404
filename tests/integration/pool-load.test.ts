import type { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { realClock } from '../../harness/kernel/clock.ts'
import { createRng } from '../../harness/kernel/rng.ts'
import { TimerWheel } from '../../harness/kernel/timer-wheel.ts'
import type { SliceReport, SliceTask } from '../../harness/load/protocol.ts'
import { openTcpDriver } from '../../harness/load/tcp/driver.ts'
import { decodeHistogram } from '../../harness/measure/histogram.ts'
import { loops } from '../../harness/plan/models.ts'
import { Client } from '../../harness/resilience/client.ts'
import { parseClient, type RawClient } from '../../harness/resilience/settings.ts'
import { openMessages } from '../support/message-lanes.ts'
import { startRealSlice } from '../support/real-slice.ts'
import { counted, requestOf, taskOf, workloadOf } from '../support/slice-task.ts'
import { serveSockets, until } from '../support/sockets.ts'

const good = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'

/** A server that answers each request after a while, and counts its sockets, and the requests that one had at once. */
async function serve(
  serviceMs: number,
  answer: (socket: Socket, request: number) => void = (socket) => socket.write(good),
) {
  const seen = { requests: 0, connections: 0, mostOpen: 0, mostOnOne: 0, openAtFirst: 0 }
  const server = await serveSockets((socket) => {
    seen.connections++
    seen.mostOpen = Math.max(seen.mostOpen, server.sockets.size)
    let inFlight = 0
    let request = 0
    let text = ''
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        text = text.slice(end + 4)
        if (++seen.requests === 1) seen.openAtFirst = server.sockets.size
        seen.mostOnOne = Math.max(seen.mostOnOne, ++inFlight)
        const nth = ++request
        realClock.after(serviceMs * 1e6, () => {
          inFlight--
          if (!socket.destroyed) answer(socket, nth)
        })
      }
    })
    socket.on('end', () => socket.end())
  })
  return { seen, server, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

/** Runs one slice of eight users, but for what a test changes; leaves no timer. */
async function run(
  port: number,
  client: RawClient,
  changes: Partial<SliceTask> = {},
  timeoutNs = 1e9,
): Promise<SliceReport> {
  const task = taskOf(port, realClock.nowNs() + 20e6, { client: parseClient(client), load: loops(8), ...changes })
  const workload = workloadOf([requestOf()], { timeoutNs })
  const { slice, wheel } = await startRealSlice(task, { workload })
  const report = await slice.report
  expect(wheel.size).toBe(0)
  const { poolCreated, poolClosed, poolAcquired, poolReleased } = report.policyCounters
  expect([poolClosed, poolReleased]).toEqual([poolCreated, poolAcquired])
  return report
}

describe('eight users of a pool', () => {
  test('of two never show more than two sockets at the target, and wait their turns (H10, P40, P45)', async () => {
    await using target = await serve(2)
    const { all, queue, policyCounters, policyPeaks } = await run(
      target.server.port,
      { pool: { max: 2 } },
      counted(8, 160),
    )
    expect(target.seen).toMatchObject({ connections: 2, mostOpen: 2, mostOnOne: 1, requests: all.operations.count })
    expect(all.operations).toMatchObject({ ok: all.operations.count, failed: 0 })
    expect(all.wire).toMatchObject({ connects: 2, staleReconnects: 0 })
    expect(policyPeaks).toEqual({ poolPeak: 2, poolPendingPeak: 6 })
    expect(policyCounters).toMatchObject({ poolCreated: 2, poolTimeouts: 0, poolRequested: all.attempts.count })
    // Three are served before one's turn comes, each of which takes 2 ms.
    const waited = decodeHistogram(queue).summary()
    expect(waited.p50).toBeGreaterThan(4)
    // Nobody is overtaken: the longest wait is of the order of the others.
    expect(waited.p95).toBeLessThan(10 * (waited.p50 ?? 0))
    await until('all are closed', () => target.server.sockets.size === 0)
  })

  test('fail as pool-timeout where their turn does not come in time, and that is not tried again (H15, H16, P45)', async () => {
    await using target = await serve(70)
    const client = { retry: { maxCalls: 3, baseDelay: '1ms' }, pool: { max: 2, acquireTimeout: '20ms' } }
    const { all, queue, policyCounters } = await run(target.server.port, client)
    const refused = all.errors['pool-timeout'] ?? 0
    expect(refused).toBeGreaterThan(6)
    expect(all.errors).toEqual({ 'pool-timeout': refused })
    expect(policyCounters).toMatchObject({ poolTimeouts: refused, retries: 0 })
    // Waits in vain are waits.
    expect(decodeHistogram(queue).summary().max).toBeGreaterThanOrEqual(20)
    // What never had a connection is no attempt, and none that failed.
    expect(all.attempts).toEqual({ count: target.seen.requests, failed: 0, cancelled: 0 })
    expect(all.attemptErrors).toEqual({})
    expect(target.seen).toMatchObject({ mostOpen: 2, mostOnOne: 1 })
  })

  test.each([
    ['the workload', {}, 30e6],
    ['the client', { timeout: { attempt: '30ms' } }, 1e9],
  ])(
    'close what timed out by the limit of %s: the target never has two requests on one (H16, P41)',
    async (_, more, limit) => {
      await using target = await serve(90)
      const { all, policyCounters } = await run(
        target.server.port,
        { ...more, pool: { max: 1 } },
        { load: loops(4) },
        limit,
      )
      expect(target.seen.mostOnOne).toBe(1)
      expect(target.seen.requests).toBe(target.seen.connections)
      expect(all.operations.ok).toBe(0)
      expect(policyCounters['poolDiscarded']).toBeGreaterThan(2)
    },
  )

  test('have the minimum before the first request, and again after a loss (H13, P47)', async () => {
    let cut = 0
    await using target = await serve(5, (socket, request) => {
      socket.write(good)
      // One user is served by one connection; the others are idle.
      if (request === 4 && cut++ === 0) for (const other of target.server.sockets) if (other !== socket) other.end()
    })
    const client = { pool: { min: 3, max: 3, refillPerSecond: 100 } }
    const { all, policyCounters } = await run(target.server.port, client, { load: loops(1) })
    expect(target.seen).toMatchObject({ openAtFirst: 3, connections: 5 })
    expect(all.operations).toMatchObject({ failed: 0 })
    expect(policyCounters).toMatchObject({ poolCreated: 5, poolDiscarded: 2 })
  })

  test('fail as the connection does that cannot be made, and it is tried again for whoever is next', async () => {
    const gone = await serve(1)
    await gone[Symbol.asyncDispose]()
    const { all, policyPeaks, policyCounters } = await run(
      gone.server.port,
      { pool: { min: 1, max: 2 } },
      { measureNs: 50e6 },
    )
    expect(all.errors).toEqual({ refused: all.operations.failed })
    expect(policyCounters).toMatchObject({ poolCreated: 0, poolAcquired: 0 })
    expect(policyPeaks['poolPeak']).toBe(2)
  })

  test('have a request sent once more whose connection was closed under it', async () => {
    let unanswered = 0
    await using target = await serve(1, (socket, request) => {
      if (request === 1) socket.write(good)
      else {
        unanswered++
        socket.end()
      }
    })
    const { all, policyCounters } = await run(target.server.port, { pool: { max: 2 } })
    expect(all.operations).toMatchObject({ failed: 0, cutOff: 0 })
    expect(all.wire.staleReconnects).toBe(unanswered)
    expect(policyCounters['poolCreated']).toBe(target.seen.connections)
  })
})

test('messages have their connections from the pool too: connected before, closed when given up (P41)', async () => {
  await using server = await serveSockets((socket) => {
    socket.on('data', (chunk: Buffer) => chunk.toString().startsWith('hang') || socket.write(chunk))
    socket.on('end', () => socket.end())
  })
  const wheel = new TimerWheel(realClock)
  const settings = { min: 1, max: 1, acquireTimeout: '40ms' }
  const client = new Client(parseClient({ pool: settings }), { wheel, rng: createRng(1) })
  {
    await using driver = await openMessages(openTcpDriver, {
      connection: { framing: { kind: 'line', delimiter: '\n' }, maxMessageBytes: 1000, tls: null },
      port: server.port,
      pooling: client.connections,
    })
    await until('one is connected', () => server.sockets.size === 1)
    const [one, two] = [driver.lane(), driver.lane()]
    expect(await one.run(driver.prepare('hi'))).toMatchObject({ error: null, received: 3 })
    expect(one.events).toEqual(['firstByte', 'ok'])
    one.start(driver.prepare('hang'))
    expect(await two.run(driver.prepare('late'))).toMatchObject({ error: 'pool-timeout' })
    const next = two.run(driver.prepare('next'))
    one.lane.cancel()
    expect(await next).toMatchObject({ error: null, received: 5 })
    expect(two.events.slice(1)).toEqual(['granted', 'connected', 'firstByte', 'ok'])
    await until('the other is closed', () => server.sockets.size === 1)
  }
  expect(wheel.size).toBe(0)
  expect(client.counters()).toMatchObject({
    poolCreated: 2,
    poolClosed: 2,
    poolTimeouts: 1,
    poolAcquired: 3,
    poolReleased: 3,
  })
})
