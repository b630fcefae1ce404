import type { Clock } from '../kernel/clock.ts'
import type { Arm } from '../plan/arms.ts'
import type { Moment } from '../plan/timeline.ts'
import type { FaultSpans } from './fault-spans.ts'
import { type BesidePath, createInstaller } from './installer.ts'
import type { TargetLife } from './life.ts'
import { layersOf } from './relay-arms.ts'
import { startSteps } from './steps.ts'

/** On what faults act, and who hears of what goes wrong. */
interface FaultSurroundings {
  readonly life: TargetLife
  readonly clock: Clock
  readonly failed: (error: unknown) => void
}

/** When a slice runs. */
export interface SliceTimes {
  readonly ordinal: number
  /** When its load starts: schedules count from there. */
  readonly startNs: number
  /** When its measured time begins: steps count from there. */
  readonly measureFromNs: number
  /** When its measured time ends, and faults on the target with it: what is drained finds it healthy. */
  readonly endNs: number
}

/** What changes while a slice runs, and who follows it; no moments: its arm's own rules are in force throughout. */
export interface SliceSteps {
  readonly moments: readonly Moment[]
  readonly spans: FaultSpans
}

/** What was done while faults were in force, and what those did that act besides the path of the load. */
export interface UnderFaults<Done> {
  readonly done: Done
  readonly beside: BesidePath
}

/**
 * Tells the arm's relay of a slice, and does its work while the faults are in force that are not there all the time.
 * Resolves when they have been taken away and the target serves as before; `failed` hears when it did not start again.
 */
export async function underFaults<Done>(
  { life, clock, failed }: FaultSurroundings,
  arm: Arm,
  { ordinal, startNs, measureFromNs, endNs }: SliceTimes,
  { moments, spans }: SliceSteps,
  work: () => Promise<Done>,
): Promise<UnderFaults<Done>> {
  const changesPath = moments.length > 0
  const relay = life.relayOf(arm)
  for (const name of relay?.names ?? []) await relay?.handle.setSlice(name, ordinal, startNs)
  const installer = await createInstaller({ life, clock, failed, arm, startNs, endNs, changesPath })
  await installer.install(layersOf(arm, arm.rules).map((layer) => ({ layer, at: arm.at })))
  const steps = startSteps({ moments, originNs: measureFromNs, clock, installer, spans, failed })
  try {
    const done = await work()
    await steps.stop()
    return { done, beside: await installer.end() }
  } finally {
    await steps.stop()
    await installer.end()
  }
}
