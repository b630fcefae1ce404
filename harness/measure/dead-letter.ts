/** A call that was given up, kept to be looked at, and to be made again. */
export interface DeadLetter {
  /** On the monotonic clock that all processes of a run share, in ns. */
  readonly atNs: number
  /** The name of the request. */
  readonly request: string
  /** What was asked for, such as method, path, headers and body; null where nobody could tell. */
  readonly message: unknown
  /** False: whoever makes it again may do it twice, since the first may have been done though its answer was lost. */
  readonly idempotent: boolean
  /** Why it was given up: the class of the last failure, and the status where there was one, else 0. */
  readonly error: string
  readonly status: number
  /** Attempts that were made for it. */
  readonly attempts: number
}
