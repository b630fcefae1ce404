import type { AnyFault } from '../faults/faults.ts'
import { activeFaults } from '../faults/faults.ts'
import type { Rule } from '../faults/rule.ts'
import { nextEdgeNs, strengthAt } from '../faults/schedule.ts'
import type { TargetFaultContext, TargetHandle } from '../faults/target-fault.ts'
import { isAbort } from '../kernel/abort.ts'
import type { Clock } from '../kernel/clock.ts'
import { emptyTally, type Tallies, type Tally } from '../measure/tally.ts'

/** Faults on the target itself while they act. */
export interface RunningTargetFaults {
  /** Undoes them all; resolves when the target runs and serves as before. */
  stop(): Promise<void>
  /** By fault keyword; complete once they are stopped. */
  readonly tallies: Tallies
  /** What they count besides, by name. */
  readonly counters: Record<string, number>
}

export interface TargetFaultOptions {
  readonly handle: TargetHandle
  readonly clock: Clock
  /** From when they act, and from when schedules count. */
  readonly originNs: number
  /** When they are over by themselves; Infinity: not before `stop`. */
  readonly untilNs: number
  /** Hears what failed, such as a target that did not start again: the fault does nothing more then. */
  readonly failed: (error: unknown) => void
}

/** Whether some rule has a fault that acts on the target itself. */
export function hasTargetFaults(rules: readonly Rule[]): boolean {
  return targetFaultsOf(rules).length > 0
}

/**
 * Starts what the rules have of faults on the target itself. Every rule that is enabled acts while its schedule says so;
 * there is no traffic that one of them could match.
 */
export function startTargetFaults(rules: readonly Rule[], options: TargetFaultOptions): RunningTargetFaults {
  const { handle, clock, originNs, untilNs, failed } = options
  const over = new AbortController()
  const tallies: Record<string, Tally> = {}
  const counters: Record<string, number> = {}
  const running = targetFaultsOf(rules).map(async ({ rule, fault, settings }) => {
    const tally = (tallies[fault.keyword] ??= emptyTally())
    const act = async (signal: AbortSignal): Promise<void> =>
      fault.target?.(settings, { clock, handle, tally, counters, signal })
    try {
      await carryOut(rule, act, { clock, originNs, signal: over.signal })
    } catch (error) {
      failed(error)
    }
  })
  const timer = untilNs === Number.POSITIVE_INFINITY ? null : clock.after(untilNs - clock.nowNs(), () => over.abort())
  return {
    tallies,
    counters,
    async stop() {
      timer?.cancel()
      over.abort()
      await Promise.all(running)
    },
  }
}

interface TargetFault {
  readonly rule: Rule
  readonly fault: AnyFault
  readonly settings: unknown
}

function targetFaultsOf(rules: readonly Rule[]): readonly TargetFault[] {
  return rules
    .filter(({ enabled }) => enabled)
    .flatMap((rule) => activeFaults(rule.faults).map(({ fault, settings }) => ({ rule, fault, settings })))
    .filter(({ fault }) => fault.target !== undefined)
}

/** Lets a fault act in each time in which its rule is on; resolves when the signal has aborted and all is undone. */
async function carryOut(
  { schedule }: Rule,
  act: (signal: AbortSignal) => Promise<void>,
  { clock, originNs, signal }: Pick<TargetFaultContext, 'clock' | 'signal'> & { readonly originNs: number },
): Promise<void> {
  const until = async (atNs: number): Promise<void> => {
    try {
      await clock.sleep(Math.max(0, atNs - clock.nowNs()), signal)
    } catch (error) {
      if (!isAbort(error, signal)) throw error
    }
  }
  await until(originNs)
  while (!signal.aborted) {
    const elapsedNs = clock.nowNs() - originNs
    const edgeNs = originNs + nextEdgeNs(schedule, elapsedNs)
    if (strengthAt(schedule, elapsedNs) === 0) {
      await until(edgeNs)
      continue
    }
    const on = new AbortController()
    const acting = act(on.signal)
    try {
      // What fails ends the wait; what has nothing more to do does not.
      await Promise.race([until(edgeNs), acting.then(() => until(edgeNs))])
    } finally {
      on.abort()
      await acting
    }
  }
}
