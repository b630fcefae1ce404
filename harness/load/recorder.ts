import { CappedCounter } from '../measure/capped-counter.ts'
import {
  addCounts,
  type Counts,
  emptyCounts,
  emptyRequest,
  emptyTarget,
  increment,
  type RequestCounts,
  type TargetCounts,
} from '../measure/counts.ts'
import { createHistogram, type LatencyHistogram } from '../measure/histogram.ts'
import { errorTextCap } from '../measure/measurements.ts'
import { failureTypeOf } from '../resilience/failure-type.ts'
import { isOwnRefusal, type Outcome } from '../resilience/outcome.ts'
import type { CountDelta, SliceReport, SliceTask, WindowDelta } from './protocol.ts'
import { Recess } from './recess.ts'
import { WindowSeriesCounter } from './window-series.ts'

/** What is kept of one request. */
interface RequestRecord {
  readonly name: string
  readonly measured: RequestCounts
  readonly unmeasured: RequestCounts
  /** Empty where the request is the only one that there will ever be. */
  readonly latency: LatencyHistogram
}

/** What a slice adds to its report when it is over. */
type Ending = Pick<
  SliceReport,
  | 'policyCounters'
  | 'policyPeaks'
  | 'policyEvents'
  | 'deadLetters'
  | 'dialerTallies'
  | 'protocolCounters'
  | 'measuredNs'
  | 'cpuMs'
  | 'eventLoopDelayP99Ms'
>

/** Counts and times of one slice in one worker. Every operation is counted once, as measured or as not. */
export class SliceRecorder {
  readonly #task: SliceTask
  readonly #measureFromNs: number
  readonly #emit: (window: WindowDelta) => void
  readonly #measured: Counts
  readonly #unmeasured: Counts
  readonly #window = createHistogram()
  readonly #ok = createHistogram()
  readonly #failed = createHistogram()
  /** From the intended start; null without a schedule. */
  readonly #corrected: { readonly ok: LatencyHistogram; readonly failed: LatencyHistogram } | null
  /** Failures that say something of the target, from the intended start where there is a schedule. */
  readonly #unserved = createHistogram()
  readonly #lateness: LatencyHistogram | null
  readonly #attempt: LatencyHistogram | null
  readonly #queue = createHistogram()
  readonly #connect = createHistogram()
  readonly #firstByte = createHistogram()
  /** By the index of the request. */
  readonly #requests: RequestRecord[] = []
  /** A script's requests come one by one: what is the only one now may not stay it. */
  readonly #single: boolean
  readonly #series: WindowSeriesCounter
  readonly #errorTexts = new CappedCounter(errorTextCap)
  readonly recess: Recess
  #exhausted = false
  #windowIndex = 0
  #windowOk = 0
  #windowFailed = 0
  #windowDegraded = 0

  constructor(task: SliceTask, requests: readonly string[], emit: (window: WindowDelta) => void) {
    this.#task = task
    this.#measureFromNs = task.startAtNs + task.discardNs
    this.recess = new Recess(this.#measureFromNs)
    this.#emit = emit
    this.#measured = emptyCounts([])
    this.#unmeasured = emptyCounts([])
    const scheduled = task.load.model === 'open'
    this.#corrected = scheduled ? { ok: createHistogram(), failed: createHistogram() } : null
    this.#lateness = scheduled ? createHistogram() : null
    this.#attempt = task.client.length > 0 ? createHistogram() : null
    this.#single = requests.length === 1
    this.#series = new WindowSeriesCounter(this.#measureFromNs, task.windowNs)
    for (const name of requests) this.addRequest(name)
  }

  /** Whether what was to start at this moment is measured. */
  isMeasured(intendedNs: number): boolean {
    return intendedNs >= this.#measureFromNs && !this.recess.has(intendedNs)
  }

  /** The counts that an operation belongs to. */
  counts(measured: boolean): Counts {
    return measured ? this.#measured : this.#unmeasured
  }

  /** An attempt begins; it is counted once it has ended, as then it is known whether it ever had a connection. */
  attemptBegan(nowNs: number): void {
    this.#series.attempt(nowNs)
  }

  /** The counts of attempts that go to another target. */
  elsewhere(measured: boolean, target: string): TargetCounts {
    return (this.counts(measured).elsewhere[target] ??= emptyTarget())
  }

  /** Counts under a name from now on; returns the index that goes with it. */
  addRequest(name: string): number {
    const record = { name, measured: emptyRequest(), unmeasured: emptyRequest(), latency: createHistogram() }
    this.#measured.requests[name] = record.measured
    this.#unmeasured.requests[name] = record.unmeasured
    return this.#requests.push(record) - 1
  }

  /** The name of the request of an index. */
  nameOf(index: number): string {
    return (this.#requests[index] as RequestRecord).name
  }

  /** What is counted of the request of an index. */
  request(measured: boolean, index: number): RequestCounts {
    const record = this.#requests[index] as RequestRecord
    return measured ? record.measured : record.unmeasured
  }

  /** An operation has ended. `intendedNs` is when it was to start, `startedNs` when it did. */
  operationEnded(
    measured: boolean,
    request: number,
    outcome: Outcome,
    intendedNs: number,
    startedNs: number,
    nowNs: number,
  ): void {
    const counts = measured ? this.#measured : this.#unmeasured
    const ofRequest = this.request(measured, request)
    counts.operations.count++
    if (outcome.ok) {
      counts.operations.ok++
      ofRequest.ok++
      if (outcome.standIn !== null) {
        counts.operations.degraded++
        if (measured) this.#windowDegraded++
      }
    } else if (outcome.error === 'aborted') {
      counts.operations.cutOff++
      return
    } else {
      counts.operations.failed++
      ofRequest.failed++
      increment(counts.errors, outcome.error ?? 'protocol')
      increment(counts.failureTypes, failureTypeOf(outcome))
    }
    if (measured) this.#took(request, outcome, (nowNs - startedNs) / 1000, (nowNs - intendedNs) / 1000)
  }

  #took(request: number, outcome: Outcome, serviceUs: number, correctedUs: number): void {
    if (outcome.ok) {
      this.#windowOk++
      this.#window.record(serviceUs)
      this.#corrected?.ok.record(correctedUs)
    } else {
      this.#windowFailed++
      this.#failed.record(serviceUs)
      this.#corrected?.failed.record(correctedUs)
      if (!isOwnRefusal(outcome)) this.#unserved.record(this.#corrected === null ? serviceUs : correctedUs)
    }
    // Of a single request this would be the sum of the two above.
    if (!this.#single) this.#requests[request]?.latency.record(serviceUs)
  }

  attemptFailed(measured: boolean, outcome: Outcome, detail: string | null): void {
    const counts = measured ? this.#measured : this.#unmeasured
    counts.attempts.failed++
    increment(counts.attemptErrors, outcome.error ?? 'protocol')
    if (detail !== null) this.problem(outcome, detail)
  }

  /** Keeps in words what went wrong. */
  problem({ error }: Outcome, detail: string): void {
    this.#errorTexts.add(`${error}: ${detail}`)
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

  /** An arrival of the schedule has started, so much later than it was to. */
  sent(intendedNs: number, nowNs: number): void {
    if (!this.isMeasured(intendedNs)) return
    this.#series.offered()
    this.#lateness?.record((nowNs - intendedNs) / 1000)
  }

  /** An arrival of the schedule could not start. */
  dropped(intendedNs: number): void {
    const measured = this.isMeasured(intendedNs)
    this.counts(measured).iterations.dropped++
    if (measured) this.#series.offered()
  }

  /** A feed had no row left for an iteration, so that the load ends. */
  feedExhausted(): void {
    this.#exhausted = true
  }

  /** What has ended so far, measured or not. */
  ended(): Pick<CountDelta, 'operations' | 'attempts'> {
    const both = [this.#measured, this.#unmeasured]
    const sum = (read: (counts: Counts) => number): number => both.reduce((total, counts) => total + read(counts), 0)
    const responses = this.#requests.reduce((all, one) => all + one.measured.responses + one.unmeasured.responses, 0)
    return {
      operations: { ok: sum(({ operations }) => operations.ok), failed: sum(({ operations }) => operations.failed) },
      attempts: { ok: responses, failed: sum(({ attempts }) => attempts.failed) },
    }
  }

  /** Ends the window that runs; the next one begins. */
  closeWindow(toNs: number): void {
    const { arm, slice, windowNs } = this.#task
    const index = this.#windowIndex++
    this.#emit({
      arm,
      slice,
      index,
      fromNs: this.#measureFromNs + index * windowNs,
      toNs,
      ok: this.#windowOk,
      failed: this.#windowFailed,
      degraded: this.#windowDegraded,
      series: this.#series.take(this.#measureFromNs + this.#windowIndex * windowNs),
      okLatency: this.#window.encode(),
    })
    this.#ok.add(this.#window)
    this.#window.reset()
    this.#windowOk = 0
    this.#windowFailed = 0
    this.#windowDegraded = 0
  }

  /** The report of the slice; the recorder is of no more use after it. */
  finish(ending: Ending): SliceReport {
    const okLatency = this.#ok.encode()
    const compared = { ok: this.#corrected?.ok.encode() ?? okLatency, failed: this.#unserved.encode() }
    this.#corrected?.ok.add(this.#corrected.failed)
    const report: SliceReport = {
      all: addCounts(this.#measured, this.#unmeasured),
      measured: this.#measured,
      okLatency,
      failedLatency: this.#failed.encode(),
      correctedLatency: this.#corrected?.ok.encode() ?? null,
      compared,
      sendLateness: this.#lateness?.encode() ?? null,
      attemptLatency: this.#attempt?.encode() ?? null,
      queue: this.#queue.encode(),
      connect: this.#connect.encode(),
      firstByte: this.#firstByte.encode(),
      requestLatency: Object.fromEntries(this.#requests.map(({ name, latency }) => [name, latency.encode()])),
      errorTexts: this.#errorTexts.counts(),
      feedExhausted: this.#exhausted,
      ...ending,
    }
    for (const { latency } of this.#requests) latency.destroy()
    const own = [this.#window, this.#ok, this.#failed, this.#unserved, this.#queue, this.#connect, this.#firstByte]
    const scheduled = [this.#corrected?.ok, this.#corrected?.failed, this.#lateness]
    for (const histogram of [...own, ...scheduled, this.#attempt]) histogram?.destroy()
    return report
  }
}
