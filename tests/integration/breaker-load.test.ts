import { createServer } from 'node:http'
import { describe, expect, test } from 'vitest'
import { realClock } from '../../harness/kernel/clock.ts'
import { createRng } from '../../harness/kernel/rng.ts'
import { TimerWheel } from '../../harness/kernel/timer-wheel.ts'
import type { SliceReport, SliceTask } from '../../harness/load/protocol.ts'
import { decodeHistogram } from '../../harness/measure/histogram.ts'
import { loops } from '../../harness/plan/models.ts'
import { Client } from '../../harness/resilience/client.ts'
import { parseClient, type RawClient } from '../../harness/resilience/settings.ts'
import { startRealSlice } from '../support/real-slice.ts'
import { counted, taskOf } from '../support/slice-task.ts'
import { listening } from '../support/sockets.ts'

/** A server that counts its requests and fails until it is told to recover. */
async function failingServer() {
  const seen = { requests: 0, failing: true }
  const http = createServer((request, response) => {
    seen.requests++
    request.resume()
    response.writeHead(seen.failing ? 503 : 200).end('hi')
  })
  const server = await listening(http)
  return Object.assign(seen, { port: server.port, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() })
}

/** Six closed loops, for a while unless it is told otherwise, over a client that outlives them. */
async function load(port: number, raw: RawClient, changes: Partial<SliceTask> = { load: loops(6), discardNs: 60e6 }) {
  const wheel = new TimerWheel(realClock)
  const client = new Client(parseClient(raw), { wheel, rng: createRng(1) })
  const slice = async (): Promise<SliceReport> => {
    const task = taskOf(port, realClock.nowNs() + 5e6, changes)
    const running = await startRealSlice(task, { client: { client, wheel } })
    return running.slice.report
  }
  return { client, slice, wheel }
}

describe('a breaker before a server that fails', () => {
  test('lets none of its requests through while it is open, and refuses them in no time (S11)', async () => {
    await using server = await failingServer()
    const { client, slice, wheel } = await load(server.port, { circuitBreaker: { openFor: '1m' } }, counted(6, 1000))
    const { all, failedLatency } = await slice()
    // Five failures, and what the other loops had in flight by then.
    expect(server.requests).toBeGreaterThanOrEqual(5)
    expect(server.requests).toBeLessThanOrEqual(5 + 5)
    expect(all.attempts).toEqual({ count: server.requests, failed: server.requests, cancelled: 0 })
    expect(all.errors['circuit-open']).toBe(all.operations.count - server.requests)
    expect(all.errors['circuit-open']).toBeGreaterThan(100)
    expect(client.counters()).toMatchObject({ circuitOpened: 1, circuitRejected: all.errors['circuit-open'] })
    const failures = decodeHistogram(failedLatency)
    expect(failures.count).toBeGreaterThan(100)
    // The median: what the machine holds up now and then is not the breaker's time.
    expect(failures.summary().p50).toBeLessThan(2)
    // The next slice finds it open: the server hears nothing at all.
    const before = server.requests
    const next = await slice()
    expect(next.all.operations.failed).toBeGreaterThan(100)
    expect(server.requests).toBe(before)
    expect(wheel.size).toBe(0)
  })

  test('sends only as many as it takes to see that the server is back, and closes', async () => {
    await using server = await failingServer()
    const { client, slice } = await load(server.port, { circuitBreaker: { openFor: '50ms' } })
    const { all } = await slice()
    const { circuitProbes = 0, circuitHalfOpened = 0, circuitOpened } = client.counters()
    expect(circuitHalfOpened).toBeGreaterThanOrEqual(1)
    expect(circuitOpened).toBe(circuitHalfOpened + 1)
    expect(circuitProbes).toBeLessThanOrEqual(3 * circuitHalfOpened)
    expect(server.requests).toBeLessThanOrEqual(10 + circuitProbes)
    expect(all.attempts.count).toBe(server.requests)
    server.failing = false
    await realClock.sleep(50e6)
    const recovered = await slice()
    expect(client.breakers()[0]?.state).toBe('closed')
    expect(recovered.all.attempts.failed).toBe(0)
    expect(recovered.all.operations.ok).toBeGreaterThan(100)
    expect(recovered.policyEvents.kept.at(-1)).toMatchObject({ event: 'closed', reason: '3 probes succeeded' })
  })
})
