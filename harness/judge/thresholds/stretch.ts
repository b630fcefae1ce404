import { createHistogram, decodeHistogram, type LatencyHistogram } from '../../measure/histogram.ts'
import type { WindowMeasurement } from '../../measure/measurements.ts'
import type { WindowCounts } from '../windows.ts'

type Counted = Pick<WindowMeasurement, 'ok' | 'failed' | 'degraded' | 'fromNs' | 'toNs' | 'okLatency'>

/** What windows come to together; those that are too old may be taken out again. */
export class Stretch implements WindowCounts {
  readonly okLatency = createHistogram()
  ok = 0
  failed = 0
  degraded = 0
  durationNs = 0

  add(window: Counted): void {
    this.#count(window, 1)
    this.#withLatency(window, (latency) => this.okLatency.add(latency))
  }

  subtract(window: Counted): void {
    this.#count(window, -1)
    this.#withLatency(window, (latency) => this.okLatency.subtract(latency))
  }

  reset(): void {
    this.ok = this.failed = this.degraded = this.durationNs = 0
    this.okLatency.reset()
  }

  #count({ ok, failed, degraded, fromNs, toNs }: Counted, sign: 1 | -1): void {
    this.ok += sign * ok
    this.failed += sign * failed
    this.degraded += sign * degraded
    this.durationNs += sign * (toNs - fromNs)
  }

  #withLatency({ ok, okLatency }: Counted, use: (latency: LatencyHistogram) => void): void {
    if (ok === 0) return
    const latency = decodeHistogram(okLatency)
    use(latency)
    latency.destroy()
  }
}
