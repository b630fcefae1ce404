import type { Clock } from '../kernel/clock.ts'
import { isAbort } from '../kernel/abort.ts'
import { nsPerMs } from '../kernel/units.ts'
import { lowOf, type WindowLows } from '../measure/lows.ts'
import type { WindowMeasurement } from '../measure/measurements.ts'
import type { TreeSample } from '../target/sample.ts'

/** What the target used in a window; nulls where nobody could read it. */
export type ResourceReading = Pick<
  WindowMeasurement,
  'memoryKb' | 'fds' | 'threads' | 'cpuCores' | 'lows' | 'queue' | 'collection'
>

/** Where nobody watches. */
export const noReading: ResourceReading = {
  memoryKb: null,
  fds: null,
  threads: null,
  cpuCores: null,
  lows: null,
  queue: null,
  collection: null,
}

/** The target's resources over a stretch of time, kept only as far as the windows that are still open. */
export interface ResourceWatch {
  /** Medians of the samples taken in a window, which are then forgotten, and the CPU used since the last one before it. */
  take(fromNs: number, toNs: number): ResourceReading
  /** How often the memory could not be read, and why. */
  readonly missing: { count: number; detail: string | null }
  stop(): Promise<void>
}

/** With how often the target had been started again. */
type Sample = TreeSample & { readonly restarts: number }

/** Samples at a steady interval until stopped; while the target is down as it should be, there is nothing to sample. */
export function watchResources(
  sample: () => Promise<TreeSample | null>,
  target: { readonly isDown: boolean; readonly restarts: number },
  clock: Clock,
  intervalNs: number,
): ResourceWatch {
  const controller = new AbortController()
  const missing: { count: number; detail: string | null } = { count: 0, detail: null }
  let samples: Sample[] = []
  let before: Sample | undefined

  const loop = async (): Promise<void> => {
    const startNs = clock.nowNs()
    for (let index = 0; !controller.signal.aborted; index++) {
      const wasDown = target.isDown
      const found = wasDown ? null : await sample()
      if (found && found.memoryKb !== null) samples.push({ ...found, restarts: target.restarts })
      else if (!wasDown && !target.isDown) {
        missing.count++
        missing.detail = found?.missing ?? 'the process of the target is not known'
      }
      await clock.sleep(Math.max(0, startNs + (index + 1) * intervalNs - clock.nowNs()), controller.signal)
    }
  }
  let failure: Error | null = null
  // Kept until somebody waits for it: a rejection that nobody handles would end this process.
  const running = loop().catch((error: unknown) => {
    if (!isAbort(error, controller.signal)) failure = error instanceof Error ? error : new Error(String(error))
  })

  return {
    missing,
    take(fromNs, toNs) {
      const inside = samples.filter(({ atNs }) => atNs >= fromNs && atNs < toNs)
      before = samples.findLast(({ atNs }) => atNs < fromNs) ?? before ?? inside[0]
      const cpuCores = coresBetween(before, inside.at(-1))
      before = inside.at(-1) ?? before
      samples = samples.filter(({ atNs }) => atNs >= toNs)
      return {
        memoryKb: median(inside.map(({ memoryKb }) => memoryKb)),
        fds: median(inside.map(({ fds }) => fds)),
        threads: median(inside.map(({ threads }) => threads)),
        cpuCores,
        lows: lowsOf(inside),
        queue: null,
        collection: null,
      }
    },
    async stop() {
      controller.abort()
      await running
      if (failure !== null) throw failure
    },
  }
}

function lowsOf(samples: readonly Sample[]): WindowLows | null {
  const last = samples.at(-1)
  if (!last) return null
  // What was held by a process that has ended since says nothing of the one that came after it.
  const own = samples.filter(({ restarts }) => restarts === last.restarts)
  return {
    readings: own.length,
    memoryKb: lowOf(own.map(({ memoryKb }) => memoryKb)),
    fds: lowOf(own.map(({ fds }) => fds)),
    threads: lowOf(own.map(({ threads }) => threads)),
    restarts: last.restarts,
  }
}

/** Null without two samples; a target that was started again goes on adding up. */
function coresBetween(before: TreeSample | undefined, last: TreeSample | undefined): number | null {
  if (!before || !last || last.atNs <= before.atNs) return null
  return ((last.cpuMs - before.cpuMs) * nsPerMs) / (last.atNs - before.atNs)
}

/** The middle value, the lower of two; null of none. */
export function median(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null).toSorted((a, b) => a - b)
  return known[Math.floor((known.length - 1) / 2)] ?? null
}
