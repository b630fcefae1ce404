import { createServer } from 'node:http'
import { expect, test } from 'vitest'
import { dialerTask } from '../../harness/faults/dialer.ts'
import { parseFaults } from '../../harness/faults/faults.ts'
import { plainRule } from '../../harness/faults/rules.ts'
import { realClock } from '../../harness/kernel/clock.ts'
import { decodeHistogram } from '../../harness/measure/histogram.ts'
import { parseClient } from '../../harness/resilience/settings.ts'
import { startRealSlice } from '../support/real-slice.ts'
import { plainHttp, requestOf, taskOf, workloadOf } from '../support/slice-task.ts'
import { listening } from '../support/sockets.ts'

test('faults of the dialler hit every attempt, below retry and within what is measured (L8, P13, P20, P21)', async () => {
  let served = 0
  await using server = await listening(
    createServer((_, response) => {
      served++
      response.end('hi')
    }),
  )
  const rules = [plainRule('rule', parseFaults({ unreachable: { probability: '30%' }, handshake: { delay: '8ms' } }))]
  const destination = { host: '127.0.0.1', port: server.port }
  const task = taskOf(server.port, realClock.nowNs() + 20e6, {
    dialer: dialerTask(rules, null, destination),
    client: parseClient({ retry: { strategy: 'fixed', maxCalls: 6, baseDelay: '1ms' } }),
    measureNs: 800e6,
  })
  const workload = workloadOf([requestOf()], { connection: { ...plainHttp, keepAlive: false } })
  const { slice, wheel } = await startRealSlice(task, { workload })
  const report = await slice.report

  const { all, dialerTallies, connect, okLatency, errorTexts } = report
  const { unreachable, handshake } = dialerTallies
  expect(unreachable?.fired).toBeGreaterThan(0)
  // Each firing is an attempt that failed, each attempt was hit or not by itself, and the target saw none of those.
  expect(all.attemptErrors).toEqual({ unreachable: unreachable?.fired })
  expect(unreachable?.eligible).toBe(all.attempts.count)
  expect(all.attempts.count - all.attempts.failed).toBe(served)
  expect(all.wire.connects).toBe(served)
  expect(handshake).toMatchObject({ eligible: served, fired: served })
  expect(errorTexts).toEqual({ 'unreachable: EHOSTUNREACH (synthetic)': unreachable?.fired })
  // Retry has made good what it could: an operation fails when all of its attempts do.
  expect(all.operations.ok / all.operations.count).toBeGreaterThan(0.9)
  expect(decodeHistogram(connect).summary().min).toBeGreaterThanOrEqual(7.9)
  expect(decodeHistogram(okLatency).summary().min).toBeGreaterThanOrEqual(7.9)
  expect(wheel.size).toBe(0)
})
