/** So many buckets a window has; what is counted leaves it a bucket at a time. */
const buckets = 60

/** What is no older than this share of a window is counted for certain. */
export const recentShare = 1 - 1 / buckets

/** Two counts over the last while. Every call costs O(1), however long nothing was counted; nothing is allocated. */
export class RecentCounts {
  readonly #bucketNs: number
  readonly #first = new Float64Array(buckets)
  readonly #second = new Float64Array(buckets)
  #tick = 0
  #sums: [first: number, second: number] = [0, 0]

  /** Counts what is not older than `windowNs`, to one part in `buckets`. */
  constructor(windowNs: number) {
    this.#bucketNs = windowNs / buckets
  }

  add(first: number, second: number, nowNs: number): void {
    this.#forget(nowNs)
    const index = this.#tick % buckets
    this.#first[index] = (this.#first[index] as number) + first
    this.#second[index] = (this.#second[index] as number) + second
    this.#sums[0] += first
    this.#sums[1] += second
  }

  /** The sums of what is in the window at `nowNs`; the same array every time. */
  at(nowNs: number): readonly [first: number, second: number] {
    this.#forget(nowNs)
    return this.#sums
  }

  #forget(nowNs: number): void {
    const tick = Math.max(this.#tick, Math.floor(nowNs / this.#bucketNs))
    for (let left = Math.min(buckets, tick - this.#tick); left > 0; left--) {
      const index = (tick - left + 1) % buckets
      this.#sums[0] -= this.#first[index] as number
      this.#sums[1] -= this.#second[index] as number
      this.#first[index] = 0
      this.#second[index] = 0
    }
    this.#tick = tick
  }
}
