import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type Histogram,
  initWebAssemblySync,
} from 'hdr-histogram-js'

/** The longest value kept apart, one hour in µs; longer ones are recorded as this. */
const highestUs = 3_600_000_000

const shape = {
  lowestDiscernibleValue: 1,
  highestTrackableValue: highestUs,
  numberOfSignificantValueDigits: 3,
  bitBucketSize: 32,
  useWebAssembly: true,
} as const

// Not `initWebAssembly`: it asks whether its bytes are a `Response`, for which Node loads its HTTP client, longer than all else here.
initWebAssemblySync()

/** Values in microseconds, three significant digits, constant memory (HdrHistogram). */
export interface LatencyHistogram {
  readonly count: number
  /** Records one value in µs; fractions are rounded, negatives count as 0. */
  record(valueUs: number): void
  /** Adds all values of another histogram. */
  add(other: LatencyHistogram): void
  /** Takes away all values of another histogram that was added; the largest left is known to its bucket only. */
  subtract(other: LatencyHistogram): void
  reset(): void
  /** HdrHistogram V2, compressed, base64; readable by any HdrHistogram. */
  encode(): string
  summary(): LatencySummary
  /** The value in ms below which `percent` of the values lie; null when empty. */
  percentileMs(percent: number): number | null
  /** How many values are larger than this, in ms, give or take those in its own bucket of a thousandth. */
  countAbove(limitMs: number): number
  /** Frees the memory, which no garbage collector sees. */
  destroy(): void
}

/** What a report shows of a histogram, in ms; all null when it is empty. */
export interface LatencySummary {
  readonly count: number
  readonly min: number | null
  readonly mean: number | null
  readonly p50: number | null
  readonly p90: number | null
  readonly p95: number | null
  readonly p99: number | null
  readonly p999: number | null
  readonly max: number | null
}

class Recorder implements LatencyHistogram {
  readonly #hdr: Histogram

  constructor(hdr: Histogram) {
    this.#hdr = hdr
  }

  get count(): number {
    return this.#hdr.totalCount
  }

  record(valueUs: number): void {
    // The library takes values beyond its range without a word, and counts them anywhere.
    this.#hdr.recordValue(Math.min(highestUs, valueUs > 0 ? Math.round(valueUs) : 0))
  }

  add(other: LatencyHistogram): void {
    if (!(other instanceof Recorder)) throw new TypeError('a histogram adds its own kind only')
    this.#hdr.add(other.#hdr)
  }

  subtract(other: LatencyHistogram): void {
    if (!(other instanceof Recorder)) throw new TypeError('a histogram subtracts its own kind only')
    this.#hdr.subtract(other.#hdr)
  }

  reset(): void {
    this.#hdr.reset()
  }

  encode(): string {
    return encodeIntoCompressedBase64(this.#hdr)
  }

  percentileMs(percent: number): number | null {
    if (this.#hdr.totalCount === 0) return null
    // A bucket's upper edge may lie above the largest value that was recorded.
    return Math.min(this.#hdr.getValueAtPercentile(percent), this.#hdr.maxValue) / 1000
  }

  countAbove(limitMs: number): number {
    const { totalCount } = this.#hdr
    let lo = 0
    let hi = totalCount
    // The most of the values, in their order, that are not larger.
    while (lo < hi) {
      const middle = Math.ceil((lo + hi) / 2)
      if (this.#hdr.getValueAtPercentile((100 * middle) / totalCount) / 1000 <= limitMs) lo = middle
      else hi = middle - 1
    }
    return totalCount - lo
  }

  summary(): LatencySummary {
    const empty = this.#hdr.totalCount === 0
    return {
      count: this.#hdr.totalCount,
      min: this.percentileMs(0),
      mean: empty ? null : this.#hdr.mean / 1000,
      p50: this.percentileMs(50),
      p90: this.percentileMs(90),
      p95: this.percentileMs(95),
      p99: this.percentileMs(99),
      p999: this.percentileMs(99.9),
      max: empty ? null : this.#hdr.maxValue / 1000,
    }
  }

  destroy(): void {
    this.#hdr.destroy()
  }
}

/** An empty histogram. */
export function createHistogram(): LatencyHistogram {
  return new Recorder(build(shape))
}

/** A histogram from what `encode` made. Throws on anything else. */
export function decodeHistogram(encoded: string): LatencyHistogram {
  return new Recorder(decodeFromCompressedBase64(encoded, 32, true))
}
