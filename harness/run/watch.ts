import type { Clock } from '../kernel/clock.ts'
import { isAbort } from '../kernel/abort.ts'
import type { WindowMeasurement } from '../measure/measurements.ts'
import type { TreeSample } from '../target/sample.ts'

/** The target's resources over a stretch of time, kept only as far as the windows that are still open. */
export interface ResourceWatch {
  /** Medians of the samples taken in a window, which are then forgotten. */
  take(fromNs: number, toNs: number): Pick<WindowMeasurement, 'memoryKb' | 'fds' | 'queue'>
  /** How often the memory could not be read, and why. */
  readonly missing: { count: number; detail: string | null }
  stop(): Promise<void>
}

/** Samples at a steady interval until stopped; while the target is down as it should be, there is nothing to sample. */
export function watchResources(
  sample: () => Promise<TreeSample | null>,
  isDown: () => boolean,
  clock: Clock,
  intervalNs: number,
): ResourceWatch {
  const controller = new AbortController()
  const missing: { count: number; detail: string | null } = { count: 0, detail: null }
  let samples: TreeSample[] = []

  const loop = async (): Promise<void> => {
    const startNs = clock.nowNs()
    for (let index = 0; !controller.signal.aborted; index++) {
      const wasDown = isDown()
      const found = wasDown ? null : await sample()
      if (found && found.memoryKb !== null) samples.push(found)
      else if (!wasDown && !isDown()) {
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
      samples = samples.filter(({ atNs }) => atNs >= toNs)
      return {
        memoryKb: median(inside.map(({ memoryKb }) => memoryKb)),
        fds: median(inside.map(({ fds }) => fds)),
        queue: null,
      }
    },
    async stop() {
      controller.abort()
      await running
      if (failure !== null) throw failure
    },
  }
}

/** The middle value, the lower of two; null of none. */
export function median(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null).toSorted((a, b) => a - b)
  return known[Math.floor((known.length - 1) / 2)] ?? null
}
