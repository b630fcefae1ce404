import { expect, test } from 'vitest'
import { createRng } from '../../../harness/kernel/rng.ts'
import { TimerWheel } from '../../../harness/kernel/timer-wheel.ts'
import { createVirtualClock } from '../../../harness/kernel/virtual-clock.ts'
import type { LiveReading } from '../../../harness/load/live-reading.ts'
import type { SliceTask } from '../../../harness/load/protocol.ts'
import { readingTeller } from '../../../harness/load/reading-teller.ts'
import { SliceRecorder } from '../../../harness/load/recorder.ts'
import { addRecords } from '../../../harness/measure/counts.ts'
import { loops } from '../../../harness/plan/models.ts'
import { Client } from '../../../harness/resilience/client.ts'
import { failure, success } from '../../../harness/resilience/outcome.ts'
import { parseClient } from '../../../harness/resilience/settings.ts'
import { createOperation, ms } from '../../support/fake-attempts.ts'
import { runFakeSlice } from '../../support/fake-slice.ts'
import { taskOf } from '../../support/slice-task.ts'

const second = 1e9
const policies = parseClient({
  retry: { strategy: 'fixed', baseDelay: '1ms' },
  circuitBreaker: { failureThreshold: 3, openFor: '20ms' },
  bulkhead: { maxConcurrent: 1, maxQueue: 0 },
})

async function toldIn(task: Partial<SliceTask>) {
  const told: LiveReading[] = []
  let asked = 0
  const { report } = await runFakeSlice({
    task: { load: loops(2), client: policies, ...task },
    // Ten good ones, then ten bad ones.
    answer: () =>
      Math.floor(asked++ / 10) % 2 === 0 ? { afterNs: 5 * ms } : { afterNs: ms, outcome: failure('reset') },
    emitReading: (reading) => told.push(reading),
  })
  return { told, report }
}

test('readings come as often as they are asked for, and add up to the report of the slice (S18)', async () => {
  const { told, report } = await toldIn({ readEveryNs: 0.25 * second })
  expect(told.map(({ atNs }) => atNs / second).slice(0, 3)).toEqual([0.75, 1, 1.25])
  const { all, policyCounters } = report
  const sum = told.map((reading) => reading.operations).reduce<Record<string, number>>(addRecords, {})
  expect(sum).toEqual({ ok: all.operations.ok, failed: all.operations.failed, degraded: 0 })
  expect(told.reduce((total, { attempts }) => total + attempts, 0)).toBe(all.attempts.count)
  expect(told.map((reading) => reading.policyCounters).reduce<Record<string, number>>(addRecords, {})).toEqual(
    policyCounters,
  )
  const failures = told.flatMap(({ breakers }) => breakers).reduce((total, one) => total + one.failures, 0)
  const rejected = told.flatMap(({ bulkheads }) => bulkheads).reduce((total, one) => total + one.rejected, 0)
  expect([failures, rejected]).toEqual([policyCounters['circuitFailures'], policyCounters['bulkheadRejected']])
  expect(Math.min(failures, rejected, policyCounters['retries'] ?? 0)).toBeGreaterThan(10)
})

test('at no moment do windows have told of more successes than readings', async () => {
  let [read, inWindows, windows] = [0, 0, 0]
  await runFakeSlice({
    task: { load: loops(2), discardNs: 0, readEveryNs: 0.6 * second },
    answer: () => ({ afterNs: 5 * ms }),
    emitReading: ({ operations }) => void (read += operations.ok + operations.degraded),
    emit: ({ ok }) => {
      inWindows += ok
      windows++
      expect(read).toBeGreaterThanOrEqual(inWindows)
    },
  })
  expect(windows).toBeGreaterThan(2)
})

test('nothing is told where nobody asks', async () => {
  expect((await toldIn({})).told).toEqual([])
})

test('what a client counted before the slice is left out, and its state is not', async () => {
  const clock = createVirtualClock()
  const wheel = new TimerWheel(clock)
  const client = new Client(policies, { wheel, rng: createRng(1), watched: true })
  createOperation({ clock, wheel, client }, () => ({ afterNs: 0, outcome: failure('reset') })).begin()
  await clock.advance(second)
  expect(client.counters()).toMatchObject({ circuitFailures: 3, circuitOpened: 1 })
  const task = taskOf(1, clock.nowNs(), { client: policies, readEveryNs: second })
  const told: LiveReading[] = []
  const shard = { index: 1, count: 2 }
  const recorder = new SliceRecorder(task, ['hi'], () => {})
  const teller = readingTeller({ task, shard, recorder, client, wheel, emitReading: (one) => told.push(one) })
  createOperation({ clock, wheel, client }, () => ({ afterNs: 0, outcome: success })).begin()
  await clock.advance(0.1 * second)
  teller.end(clock.nowNs())
  expect(told).toMatchObject([
    {
      worker: 1,
      policyCounters: { circuitFailures: 0, circuitHalfOpened: 1, retries: 0 },
      retries: { hi: { attempts: [1, 0, 0, 0, 0, 0] } },
      breakers: [{ name: null, failures: 0, stats: { state: 'half-open' } }],
      bulkheads: [{ name: null, active: 0, slots: 1, rejected: 0 }],
    },
  ])
})
