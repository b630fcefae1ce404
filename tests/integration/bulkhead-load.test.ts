import { createServer, type ServerResponse } from 'node:http'
import { describe, expect, test } from 'vitest'
import { realClock } from '../../harness/kernel/clock.ts'
import type { SliceReport } from '../../harness/load/protocol.ts'
import { loops } from '../../harness/plan/models.ts'
import { parseClient, type RawClient } from '../../harness/resilience/settings.ts'
import { startRealSlice } from '../support/real-slice.ts'
import { taskOf } from '../support/slice-task.ts'
import { listening } from '../support/sockets.ts'

/** A server that takes 100 ms for each request, all at once, and counts how many those are. */
async function slowServer() {
  const seen = { requests: 0, atOnce: 0, peak: 0 }
  const leave = (response: ServerResponse) => {
    seen.atOnce--
    response.end('hi')
  }
  const server = await listening(
    createServer((_request, response) => {
      seen.requests++
      seen.peak = Math.max(seen.peak, ++seen.atOnce)
      realClock.after(100e6, () => leave(response))
    }),
  )
  return { seen, port: server.port, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

/** Twenty users who each ask once, at the same moment, and then think for longer than the slice lasts, which leaves a busy machine time to begin. */
async function twentyAtOnce(port: number, client: RawClient): Promise<SliceReport> {
  const task = taskOf(port, realClock.nowNs() + 5e6, {
    client: parseClient(client),
    load: { ...loops(20), think: { kind: 'fixed', ns: 60e9 } },
    discardNs: 0,
    measureNs: 1500e6,
    windowNs: 500e6,
    drainNs: 500e6,
  })
  const { slice, wheel } = await startRealSlice(task)
  const report = await slice.report
  expect(wheel.size).toBe(0)
  return report
}

describe('twenty calls of 100 ms at once through a bulkhead', () => {
  test('of 10 slots and 5 places: the target has 10 at once, 5 more come after, 5 never come (S14, P66)', async () => {
    await using server = await slowServer()
    const { all, policyCounters, policyPeaks } = await twentyAtOnce(server.port, { bulkhead: { maxQueue: 5 } })
    expect(server.seen).toEqual({ requests: 15, atOnce: 0, peak: 10 })
    expect(all.operations).toMatchObject({ count: 20, ok: 15, failed: 5, cutOff: 0 })
    expect(all.errors).toEqual({ 'bulkhead-rejected': 5 })
    expect(all.attempts).toEqual({ count: 15, failed: 0, cancelled: 0 })
    expect(policyCounters).toMatchObject({ bulkheadAccepted: 15, bulkheadRejected: 5, bulkheadQueued: 5 })
    expect(policyPeaks).toEqual({ bulkheadPeak: 10, bulkheadQueuePeak: 5 })
  })

  test('give their slots back after attempts that were timed out, and never show the target more than those', async () => {
    await using server = await slowServer()
    const client: RawClient = { bulkhead: { maxConcurrent: 4 }, timeout: { attempt: '30ms' } }
    const { all, policyPeaks } = await twentyAtOnce(server.port, client)
    expect(all.operations).toMatchObject({ count: 20, ok: 0, failed: 20, cutOff: 0 })
    expect(all.errors).toEqual({ timeout: 20 })
    expect(policyPeaks['bulkheadPeak']).toBe(4)
  })
})
