/** What a window of a failure budget holds. */
export interface FailureSamples {
  readonly samples: number
  readonly failures: number
  /** Of the failures; 0 where there are no samples. */
  readonly rate: number
}

/** The moment at which a failure budget broke. */
export interface FailureBreach extends FailureSamples {
  readonly atNs: number
}

/** What became of the failure budget of a run. */
export interface BudgetMeasurement {
  /** The window with the highest share of failures, of those with enough samples; null where there was none. */
  readonly worst: FailureSamples | null
  /** Null while it holds. */
  readonly breach: FailureBreach | null
}
