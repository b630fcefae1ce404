/** What a breaker looks back on: so much time, or so many calls. */
export type WindowSpan =
  | { readonly kind: 'time'; readonly ns: number }
  | { readonly kind: 'calls'; readonly count: number }

/** The calls that have ended lately. Adding one costs O(1), however many there are, and allocates nothing. */
export interface CallWindow {
  readonly calls: number
  readonly failures: number
  readonly slow: number
  add(failed: boolean, slow: boolean, nowNs: number): void
  /** Drops what is too old. */
  expire(nowNs: number): void
  clear(): void
}

/** A window of time has so many buckets: it spans between nine and ten tenths of its length, never more. */
export const windowBuckets = 10

/** Makes an empty window. */
export function createWindow(span: WindowSpan): CallWindow {
  return span.kind === 'time' ? new TimeWindow(span.ns) : new CountWindow(span.count)
}

/** A ring of buckets. A moment before the last one counts as that. */
class TimeWindow implements CallWindow {
  calls = 0
  failures = 0
  slow = 0
  readonly #bucketNs: number
  /** Calls, failures and slow ones of each bucket. */
  readonly #buckets = new Float64Array(3 * windowBuckets)
  /** The bucket of the last event, counted from the beginning of the clock. */
  #last = 0

  constructor(ns: number) {
    this.#bucketNs = ns / windowBuckets
  }

  add(failed: boolean, slow: boolean, nowNs: number): void {
    this.expire(nowNs)
    const at = 3 * (this.#last % windowBuckets)
    this.#count(at, 1, failed ? 1 : 0, slow ? 1 : 0)
  }

  /** However long nothing happened, every bucket that has passed is emptied. */
  expire(nowNs: number): void {
    const bucket = Math.floor(nowNs / this.#bucketNs)
    if (bucket <= this.#last) return
    const passed = Math.min(windowBuckets, bucket - this.#last)
    for (let back = 0; back < passed; back++) this.#empty((bucket - back) % windowBuckets)
    this.#last = bucket
  }

  clear(): void {
    this.#buckets.fill(0)
    this.calls = 0
    this.failures = 0
    this.slow = 0
  }

  #empty(bucket: number): void {
    const at = 3 * bucket
    const [calls = 0, failures = 0, slow = 0] = [this.#buckets[at], this.#buckets[at + 1], this.#buckets[at + 2]]
    if (calls > 0) this.#count(at, -calls, -failures, -slow)
  }

  #count(at: number, calls: number, failures: number, slow: number): void {
    const buckets = this.#buckets
    buckets[at] = (buckets[at] ?? 0) + calls
    buckets[at + 1] = (buckets[at + 1] ?? 0) + failures
    buckets[at + 2] = (buckets[at + 2] ?? 0) + slow
    this.calls += calls
    this.failures += failures
    this.slow += slow
  }
}

/** A ring of calls, each of which drives out the oldest; time does not matter. */
class CountWindow implements CallWindow {
  calls = 0
  failures = 0
  slow = 0
  /** Of each call: 1 where it failed, and 2 where it was slow. */
  readonly #ring: Uint8Array
  #next = 0

  constructor(count: number) {
    this.#ring = new Uint8Array(count)
  }

  add(failed: boolean, slow: boolean): void {
    if (this.calls === this.#ring.length) this.#count(this.#ring[this.#next] ?? 0, -1)
    const call = (failed ? 1 : 0) + (slow ? 2 : 0)
    this.#ring[this.#next] = call
    this.#next = (this.#next + 1) % this.#ring.length
    this.#count(call, 1)
  }

  expire(): void {}

  clear(): void {
    this.calls = 0
    this.failures = 0
    this.slow = 0
    this.#next = 0
  }

  #count(call: number, by: 1 | -1): void {
    this.calls += by
    if ((call & 1) > 0) this.failures += by
    if ((call & 2) > 0) this.slow += by
  }
}
