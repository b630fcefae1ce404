import { addCounts, type Counts, emptyCounts, increment } from '../measure/counts.ts'
import { createHistogram, type LatencyHistogram } from '../measure/histogram.ts'
import type { Outcome } from '../resilience/policy.ts'
import type { SliceReport, SliceTask, WindowDelta } from './protocol.ts'

const sampleLimit = 5

/** What a slice adds to its report when it is over. */
type Ending = Pick<SliceReport, 'policyCounters' | 'measuredNs' | 'cpuMs' | 'eventLoopDelayP99Ms'>

/** Counts and times of one slice in one worker. Every operation is counted once, as measured or as not. */
export class SliceRecorder {
  readonly #task: SliceTask
  readonly #emit: (window: WindowDelta) => void
  readonly #measured: Counts
  readonly #unmeasured: Counts
  readonly #window = createHistogram()
  readonly #ok = createHistogram()
  readonly #failed = createHistogram()
  readonly #attempt: LatencyHistogram | null
  readonly #queue = createHistogram()
  readonly #connect = createHistogram()
  readonly #firstByte = createHistogram()
  readonly #samples = new Set<string>()
  #windowIndex = 0
  #windowOk = 0
  #windowFailed = 0

  constructor(task: SliceTask, emit: (window: WindowDelta) => void) {
    this.#task = task
    this.#emit = emit
    this.#measured = emptyCounts(task.requests.length)
    this.#unmeasured = emptyCounts(task.requests.length)
    this.#attempt = task.client.length > 0 ? createHistogram() : null
  }

  /** The counts that an operation belongs to. */
  counts(measured: boolean): Counts {
    return measured ? this.#measured : this.#unmeasured
  }

  operationEnded(measured: boolean, outcome: Outcome, startedNs: number, nowNs: number): void {
    const counts = measured ? this.#measured : this.#unmeasured
    counts.operations.count++
    const latencyUs = (nowNs - startedNs) / 1000
    if (outcome.ok) {
      counts.operations.ok++
      if (!measured) return
      this.#windowOk++
      this.#window.record(latencyUs)
    } else if (outcome.error === 'aborted') counts.operations.cutOff++
    else {
      counts.operations.failed++
      increment(counts.errors, outcome.error ?? 'protocol')
      if (!measured) return
      this.#windowFailed++
      this.#failed.record(latencyUs)
    }
  }

  attemptFailed(measured: boolean, outcome: Outcome, detail: string | null): void {
    const counts = measured ? this.#measured : this.#unmeasured
    counts.attempts.failed++
    increment(counts.attemptErrors, outcome.error ?? 'protocol')
    if (detail && this.#samples.size < sampleLimit) this.#samples.add(`${outcome.error}: ${detail}`.slice(0, 200))
  }

  attemptTook(durationNs: number): void {
    this.#attempt?.record(durationNs / 1000)
  }

  queued(durationNs: number): void {
    this.#queue.record(durationNs / 1000)
  }

  connected(durationNs: number): void {
    this.#connect.record(durationNs / 1000)
  }

  firstByte(durationNs: number): void {
    this.#firstByte.record(durationNs / 1000)
  }

  /** Ends the window that runs; the next one begins. */
  closeWindow(toNs: number): void {
    const { arm, slice, startAtNs, discardNs, windowNs } = this.#task
    const index = this.#windowIndex++
    this.#emit({
      arm,
      slice,
      index,
      fromNs: startAtNs + discardNs + index * windowNs,
      toNs,
      ok: this.#windowOk,
      failed: this.#windowFailed,
      okLatency: this.#window.encode(),
    })
    this.#ok.add(this.#window)
    this.#window.reset()
    this.#windowOk = 0
    this.#windowFailed = 0
  }

  /** The report of the slice; the recorder is of no more use after it. */
  finish(ending: Ending): SliceReport {
    const report: SliceReport = {
      all: addCounts(this.#measured, this.#unmeasured),
      measured: this.#measured,
      okLatency: this.#ok.encode(),
      failedLatency: this.#failed.encode(),
      attemptLatency: this.#attempt?.encode() ?? null,
      queue: this.#queue.encode(),
      connect: this.#connect.encode(),
      firstByte: this.#firstByte.encode(),
      errorSamples: [...this.#samples],
      ...ending,
    }
    for (const histogram of [
      this.#window,
      this.#ok,
      this.#failed,
      this.#attempt,
      this.#queue,
      this.#connect,
      this.#firstByte,
    ])
      histogram?.destroy()
    return report
  }
}
