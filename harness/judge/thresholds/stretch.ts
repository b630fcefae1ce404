import { measuredNsOf } from '../../measure/collection.ts'
import { createHistogram, decodeHistogram, type LatencyHistogram } from '../../measure/histogram.ts'
import type { JudgedWindow, WindowCounts } from '../windows.ts'

type Counted = Pick<JudgedWindow, 'ok' | 'failed' | 'degraded' | 'fromNs' | 'toNs' | 'collection' | 'okLatency'>

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

  #count(window: Counted, sign: 1 | -1): void {
    const { ok, failed, degraded } = window
    this.ok += sign * ok
    this.failed += sign * failed
    this.degraded += sign * degraded
    this.durationNs += sign * measuredNsOf(window)
  }

  #withLatency({ ok, okLatency }: Counted, use: (latency: LatencyHistogram) => void): void {
    if (ok === 0) return
    const latency = decodeHistogram(okLatency)
    use(latency)
    latency.destroy()
  }
}
