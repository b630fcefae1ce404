import { type TimerWheel, wheelEntry } from '../kernel/timer-wheel.ts'
import type { CountDelta, Ended, SliceTask } from './protocol.ts'
import type { SliceRecorder } from './recorder.ts'

export interface CountTellerOptions {
  readonly task: SliceTask
  readonly recorder: SliceRecorder
  readonly wheel: TimerWheel
  readonly emitCounts?: (counts: CountDelta) => void
}

/** Tells what has ended since it last told, as often as the task wants, and once more at the end. */
export function countTeller({ task, recorder, wheel, emitCounts }: CountTellerOptions): {
  end(nowNs: number): void
} {
  const { countEveryNs, startAtNs } = task
  if (countEveryNs === undefined || !emitCounts) return { end() {} }
  let told = recorder.ended()
  let toldNs = startAtNs
  const tell = (nowNs: number): void => {
    const ended = recorder.ended()
    const operations = difference(ended.operations, told.operations)
    const attempts = difference(ended.attempts, told.attempts)
    const counts = { fromNs: toldNs, toNs: nowNs, operations, attempts }
    told = ended
    toldNs = nowNs
    if (operations.ok + operations.failed + attempts.ok + attempts.failed > 0) emitCounts(counts)
  }
  const entry = wheelEntry((nowNs) => {
    tell(nowNs)
    wheel.schedule(entry, nowNs + countEveryNs)
  })
  wheel.schedule(entry, startAtNs + countEveryNs)
  return {
    end(nowNs) {
      wheel.cancel(entry)
      tell(nowNs)
    },
  }
}

function difference(all: Ended, before: Ended): Ended {
  return { ok: all.ok - before.ok, failed: all.failed - before.failed }
}
