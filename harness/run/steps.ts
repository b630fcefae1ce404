import type { Clock, Timer } from '../kernel/clock.ts'
import type { Installed, Moment } from '../plan/timeline.ts'
import type { FaultSpans } from './fault-spans.ts'

/** Puts policies in force where they act, and takes them away: on the path to the target, at dependencies, on the target. */
export interface Installer {
  /** Makes these, and no others, be in force. */
  install(installed: readonly Installed[]): Promise<void>
}

/** The steps of a segment while it runs. */
export interface RunningSteps {
  /**
   * Takes away what is in force, and does nothing more; resolves when that is done, however often it is called. Rejects
   * with what failed on the way.
   */
  stop(): Promise<void>
}

export interface StepOptions {
  readonly moments: readonly Moment[]
  /** When the segment's measured time starts. */
  readonly originNs: number
  readonly clock: Clock
  readonly installer: Installer
  readonly spans: FaultSpans
  /** Called when a step could not be carried out; no further one is. */
  readonly failed: (error: unknown) => void
}

/** Carries out the steps of a segment at their moments, one after the other. */
export function startSteps({ moments, originNs, clock, installer, spans, failed }: StepOptions): RunningSteps {
  let next = 0
  let ended = false
  let timer: Timer | null = null
  let work: Promise<void> = Promise.resolve()

  const enter = async (installed: readonly Installed[]): Promise<void> => {
    const names = installed.map(({ layer }) => layer.name)
    // Marked from before it can be felt until it cannot be felt any more.
    spans.begin(names, clock.nowNs())
    await installer.install(installed)
    spans.narrow(names, clock.nowNs())
  }
  const arm = (): void => {
    const moment = moments[next]
    if (!moment || ended) return
    timer = clock.after(Math.max(0, originNs + moment.atNs - clock.nowNs()), () => {
      next++
      work = work
        .then(() => (ended ? undefined : enter(moment.installed)))
        .catch((error: unknown) => {
          ended = true
          failed(error)
        })
      arm()
    })
  }
  const stop = async (): Promise<void> => {
    ended = true
    timer?.cancel()
    await work
    await enter([])
  }
  let stopped: Promise<void> | null = null
  arm()
  return { stop: () => (stopped ??= stop()) }
}
