import { expect, test } from 'vitest'
import type { WindowDelta } from '../../../harness/load/protocol.ts'
import { SliceRecorder } from '../../../harness/load/recorder.ts'
import { failure, type Outcome, success } from '../../../harness/resilience/outcome.ts'
import { taskOf } from '../../support/slice-task.ts'

test('a window has the degraded answers among its successes, those of the discard in none', () => {
  const windows: WindowDelta[] = []
  const recorder = new SliceRecorder(taskOf(1, 0), ['hi'], (window) => windows.push(window))
  const degraded: Outcome = { ...success, standIn: 'fallback' }
  const end = (measured: boolean, outcome: Outcome): void => recorder.operationEnded(measured, 0, outcome, 0, 0, 1e6)
  end(false, degraded)
  for (const outcome of [degraded, success, degraded, failure('reset')]) end(true, outcome)
  recorder.closeWindow(70e6)
  end(true, success)
  recorder.closeWindow(120e6)
  expect(windows.map(({ ok, failed, degraded: count }) => [ok, failed, count])).toEqual([
    [3, 1, 2],
    [1, 0, 0],
  ])
})
