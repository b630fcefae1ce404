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
  /** Aborts when nothing more is to be measured: all faults are lifted then, and what is in flight finds none. */
  readonly halted: AbortSignal
  readonly failed: (error: unknown) => void
}

/** When a slice runs. */
export interface SliceTimes {
  readonly ordinal: number
  /** When its load starts: schedules count from there, where there are no steps. */
  readonly startNs: number
  /** When its measured time begins: steps count from there, and the schedules of what they put in force. */
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
 * Rejects with what failed first; no fault is left in force then either.
 */
export async function underFaults<Done>(
  { life, clock, halted, failed }: FaultSurroundings,
  arm: Arm,
  { ordinal, startNs, measureFromNs, endNs }: SliceTimes,
  { moments, spans }: SliceSteps,
  work: () => Promise<Done>,
): Promise<UnderFaults<Done>> {
  const stepped = moments.length > 0
  const originNs = stepped ? measureFromNs : startNs
  await tellSlice(life, arm, stepped, ordinal, originNs)
  const installer = await createInstaller({ life, clock, failed, arm, originNs, endNs, changesPath: stepped })
  const steps = startSteps({ moments, originNs: measureFromNs, clock, installer, spans, failed })
  const halt = (): void => void steps.stop().catch(failed)
  try {
    await installer.install(layersOf(arm, arm.rules).map((layer) => ({ layer, at: arm.at })))
    if (halted.aborted) halt()
    else halted.addEventListener('abort', halt)
    const done = await work()
    await steps.stop()
    return { done, beside: await installer.end() }
  } catch (error) {
    // What failed first is why the rest does.
    await steps.stop().catch(() => undefined)
    await installer.end().catch(() => undefined)
    throw error
  } finally {
    halted.removeEventListener('abort', halt)
  }
}

/** Steps may put faults in force at every dependency; else only what belongs to the arm hears of its slice. */
async function tellSlice(
  life: TargetLife,
  arm: Arm,
  stepped: boolean,
  ordinal: number,
  originNs: number,
): Promise<void> {
  const relay = life.relayOf(arm)
  for (const name of relay?.names ?? []) await relay?.handle.setSlice(name, ordinal, originNs)
  const behind = stepped ? life.dependencies?.relay : undefined
  for (const name of Object.keys(behind?.ports ?? {})) await behind?.setSlice(name, ordinal, originNs)
}
