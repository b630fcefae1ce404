import { expect, test } from 'vitest'
import type { CountDelta, SliceTask } from '../../../harness/load/protocol.ts'
import { loops } from '../../../harness/plan/models.ts'
import { failure } from '../../../harness/resilience/outcome.ts'
import { parseClient } from '../../../harness/resilience/settings.ts'
import { runFakeSlice } from '../../support/fake-slice.ts'

const second = 1e9

async function toldIn(task: Partial<SliceTask>, policies: SliceTask['client'] = []) {
  const told: CountDelta[] = []
  let asked = 0
  const { report } = await runFakeSlice({
    task: { load: loops(1), client: policies, ...task },
    // Every fourth attempt fails, each takes 10 ms.
    answer: () => (++asked % 4 === 0 ? { afterNs: 10e6, outcome: failure('refused') } : { afterNs: 10e6 }),
    emitCounts: (counts) => told.push(counts),
  })
  return { told, report }
}

function sumOf(told: readonly CountDelta[], of: 'operations' | 'attempts') {
  const sum = (key: 'ok' | 'failed'): number => told.reduce((all, counts) => all + counts[of][key], 0)
  return { ok: sum('ok'), failed: sum('failed') }
}

test('a worker tells what has ended as often as it is asked to, and all of it in the end', async () => {
  const { told, report } = await toldIn({ countEveryNs: 0.25 * second })
  expect(told.length).toBeGreaterThanOrEqual(6)
  const [first] = told
  expect(first).toMatchObject({ fromNs: 0.5 * second, operations: { ok: 18, failed: 6 } })
  expect(told.every(({ fromNs }, index) => index === 0 || fromNs === told[index - 1]?.toNs)).toBe(true)
  const { ok, failed } = report.all.operations
  expect(sumOf(told, 'operations')).toEqual({ ok, failed })
  expect(sumOf(told, 'attempts')).toEqual({ ok, failed })
})

test('attempts are told apart from the operations that they were made for (P26)', async () => {
  const client = parseClient({ retry: { strategy: 'fixed', baseDelay: '1ms' } })
  const { told, report } = await toldIn({ countEveryNs: 0.25 * second }, client)
  expect(sumOf(told, 'operations').failed).toBe(0)
  expect(sumOf(told, 'attempts').failed).toBe(report.all.attempts.failed)
  expect(report.all.attempts.failed).toBeGreaterThan(20)
})

test('where nobody asks, nothing is told', async () => {
  expect((await toldIn({})).told).toEqual([])
})
