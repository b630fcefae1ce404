/** What one slice of an arm came to, as far as arms are compared by it. */
export interface PairedSlice {
  readonly arm: string
  readonly durationMs: number
  /** Operations of the measured part, by their ends. */
  readonly ok: number
  readonly failed: number
  /** Null in a slice that does not serve it, or in which nothing succeeded. */
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number } | null
  /** Operations slower than the baseline's p99 as it was calibrated; null where nobody counted them. */
  readonly slow: number | null
  /** CPU time of the target; null where it was not read. */
  readonly cpuMs: number | null
  /**
   * What the process that it asked held after it, in KiB: of its own memory, and of its heap after a forced collection. Null or
   * absent where that was not read, and where other arms ask the same process.
   */
  readonly rssKb?: number | null
  readonly heapKb?: number | null
  /** Whether throughput is to be taken from it: not from a slice at a fixed rate. */
  readonly throughput: boolean
}

/** The slices of one life of the target, in which all arms were measured beside each other. */
export interface Round {
  readonly slices: readonly PairedSlice[]
}

/** Two groups of arms of which the first is compared with the second. */
export interface Pairing {
  /** Who is judged: a policy, or a build. */
  readonly policy: string
  readonly against: string
  readonly arms: readonly string[]
  readonly baseArms: readonly string[]
}
