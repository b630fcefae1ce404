import { emptyTally } from '../../harness/measure/tally.ts'
import type { TargetFaultContext, TargetHandle } from '../../harness/faults/target-fault.ts'
import { createVirtualClock, type VirtualClock } from '../../harness/kernel/virtual-clock.ts'

/** What is done to a target that is none, with the time in ms. */
export interface FakeTarget {
  readonly handle: TargetHandle
  readonly log: string[]
}

/** A target whose life takes time: 10 ms to die, 30 ms to start; `answers` replaces what it does. */
export function fakeTarget(clock: VirtualClock, answers: Partial<TargetHandle> = {}): FakeTarget {
  const log: string[] = []
  const note = (what: string): void => void log.push(`${clock.nowNs() / 1e6}: ${what}`)
  const handle: TargetHandle = {
    kill: async (signal) => {
      note(`kill ${signal}`)
      await clock.sleep(10e6)
      return true
    },
    restart: async () => {
      note('restart')
      await clock.sleep(30e6)
    },
    freeze: async () => {
      note('freeze')
      return true
    },
    thaw: () => note('thaw'),
    hog: async (workers, share) => {
      note(`hog ${workers} x ${share}`)
      return {
        stop: async () => {
          note('unhog')
          return Array.from({ length: workers }, (_, index) => index * 100e6)
        },
      }
    },
    ...answers,
  }
  return { handle, log }
}

/** A context on such a target, and the word that ends the fault. */
export function targetFaultContext(answers: Partial<TargetHandle> = {}): {
  readonly clock: VirtualClock
  readonly context: TargetFaultContext
  readonly log: readonly string[]
  readonly end: () => void
} {
  const clock = createVirtualClock()
  const over = new AbortController()
  const { handle, log } = fakeTarget(clock, answers)
  const context = { clock, handle, tally: emptyTally(), counters: {}, signal: over.signal }
  return { clock, context, log, end: () => over.abort() }
}
