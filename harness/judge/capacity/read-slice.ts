import { nsPerSecond, significant } from '../../kernel/units.ts'
import type { WindowMeasurement } from '../../measure/measurements.ts'
import type { GeneratorState, RateSlice } from './rate-step.ts'
import { keepsAll, type SliceQuantiles, type Slo } from './slo.ts'

/** A slice of arrivals at a rate as it was measured. */
export interface MeasuredSlice {
  /** Arrivals per second by the schedule. */
  readonly due: number
  /** All of the slice, in their order. */
  readonly windows: readonly Pick<WindowMeasurement, 'fromNs' | 'toNs' | 'ok' | 'failed' | 'series'>[]
  readonly ok: number
  readonly failed: number
  /** From the intended start, rounded. */
  readonly latencyMs: SliceQuantiles
  readonly generator: GeneratorState
}

/**
 * What a slice came to. Its rates are those of its middle: in the first window what ends began before it, and was not counted,
 * and the last one holds what ended after the slice. A target that cannot keep up gets less to its end there than is due.
 */
export function rateSliceOf(
  { due, windows, ok, failed, latencyMs, generator }: MeasuredSlice,
  slos: readonly Slo[],
): RateSlice {
  const middle = windows.slice(1, -1)
  const ns = middle.reduce((sum, { fromNs, toNs }) => sum + toNs - fromNs, 0)
  const perSecond = (count: (window: MeasuredSlice['windows'][number]) => number): number =>
    ns === 0 ? 0 : significant((middle.reduce((sum, window) => sum + count(window), 0) * nsPerSecond) / ns)
  return {
    seconds: significant(ns / nsPerSecond),
    due,
    sent: perSecond(({ series }) => series.offered),
    ended: perSecond((window) => window.ok + window.failed),
    ok: perSecond((window) => window.ok),
    errorRate: ok + failed === 0 ? null : significant(failed / (ok + failed)),
    inTime: keepsAll(slos, latencyMs),
    generator,
  }
}
