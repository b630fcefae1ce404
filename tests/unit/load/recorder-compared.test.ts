import { expect, test } from 'vitest'
import type { SliceReport } from '../../../harness/load/protocol.ts'
import { SliceRecorder } from '../../../harness/load/recorder.ts'
import { decodeHistogram } from '../../../harness/measure/histogram.ts'
import { failure, type Outcome, success } from '../../../harness/resilience/outcome.ts'
import { arrivals } from '../../support/arrivals.ts'
import { taskOf } from '../../support/slice-task.ts'

const outcomes: readonly (readonly [Outcome, tookMs: number])[] = [
  [success, 5],
  [success, 8],
  [failure('timeout'), 500],
  [failure('status', 500), 1],
  [failure('rate-limited'), 0],
  [failure('circuit-open'), 0],
  [failure('pool-timeout'), 90],
  [failure('aborted'), 200],
]

/** The report of these, each of which started 10 ms after it was to. */
function reportOf(changes?: Parameters<typeof taskOf>[2]): SliceReport {
  const recorder = new SliceRecorder(taskOf(1, 0, changes), ['hi'], () => {})
  for (const [outcome, tookMs] of outcomes) recorder.operationEnded(true, 0, outcome, 0, 10e6, 10e6 + 1e6 * tookMs)
  recorder.closeWindow(50e6)
  return recorder.finish({} as Parameters<SliceRecorder['finish']>[0])
}

const shown = (encoded: string | null): readonly number[] => {
  const { count, min, max } = decodeHistogram(encoded ?? '').summary()
  return [count, Math.round(min ?? -1), Math.round(max ?? -1)]
}

test('arms are compared by what succeeded, and by the failures that no policy of the client refused', () => {
  const { compared, okLatency, failedLatency, correctedLatency } = reportOf()
  expect([compared.ok, compared.failed].map(shown)).toEqual([
    [2, 5, 8],
    [2, 1, 500],
  ])
  expect([okLatency, failedLatency].map(shown)).toEqual([
    [2, 5, 8],
    [5, 0, 500],
  ])
  expect(correctedLatency).toBe(null)
})

test('with a schedule both count from the intended start, and all that ended is in the corrected latency', () => {
  const { compared, correctedLatency } = reportOf({ load: arrivals(100) })
  expect([compared.ok, compared.failed].map(shown)).toEqual([
    [2, 15, 18],
    [2, 11, 510],
  ])
  expect(shown(correctedLatency)).toEqual([7, 10, 510])
})
