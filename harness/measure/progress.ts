/** What a run tells those who watch it; nothing is decided by it. */
export type ProgressEvent =
  | {
      readonly kind: 'stage'
      readonly stage: string
      readonly detail: string
      readonly expectedMs: number | null
      /** The life of a target that it is one of many stages of; absent where each is worth a line. */
      readonly part?: string
    }
  | {
      readonly kind: 'window'
      readonly phase: string
      readonly okPerSecond: number
      readonly failed: number
      readonly p50Ms: number | null
      readonly memoryKb: number | null
    }
  | {
      readonly kind: 'arm'
      readonly phase: string
      readonly arm: string
      readonly okPerSecond: number | null
      /** From the intended start where there is a schedule. */
      readonly p50Ms: number | null
      readonly p99Ms: number | null
      readonly failed: number
      /** Iterations of a schedule that could not start; 0 without one. */
      readonly dropped: number
    }
  | { readonly kind: 'note'; readonly text: string }

/** Hears of progress; must not throw and must not take long. */
export type ProgressListener = (event: ProgressEvent) => void
