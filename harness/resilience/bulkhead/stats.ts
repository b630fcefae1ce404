/** How one compartment fares. */
export interface BulkheadStats {
  /** The request whose compartment it is; null for that of the whole client. */
  readonly name: string | null
  /** At work, and waiting in the line. */
  readonly active: number
  readonly queued: number
  /** Slots of its own. */
  readonly slots: number
  /** Refused at once, and after a wait that was too long. */
  readonly rejected: number
  readonly timedOut: number
  readonly total: number
  /** Share of the calls that were refused, at once or after a wait; 0 where there was no call. */
  readonly rejectionRate: number
  /** Slots in use by slots there are; above 1 while slots are borrowed, or were taken away. */
  readonly utilization: number
}
