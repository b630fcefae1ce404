/** The value of a header by its lower-case name; null where there is none. */
export type HeaderLookup = (name: string) => string | null

/** What was received for one attempt. It is valid only while its end is being told: drivers use one again and again. */
export interface Reply {
  /** HTTP status or gRPC code; 0 where the protocol has none. */
  readonly status: number
  /** Bytes received for this attempt, headers and framing included. */
  readonly sizeBytes: number
  /** Of these, the bytes of the body without its framing; of several messages the last. Counted whether it is kept or not. */
  readonly bodyBytes?: number
  /** A header or a piece of metadata by its lower-case name, the first of several; null where there is none, or none were kept. */
  header(name: string): string | null
  /** The lower-case names of all that were kept. */
  headerNames(): readonly string[]
  /** A copy of the headers that lasts; where it is not offered they are copied one by one. */
  copyHeaders?(): HeaderLookup
  /** The body; of several messages the last. Empty unless the request asked for it to be kept (`Kept`). */
  body(): Uint8Array
}

/** What a driver must keep of a reply for those who look at it; keeping nothing is the fast path. */
export interface Kept {
  readonly headers: boolean
  readonly body: boolean
}

/** A body longer than this is not kept: who must look at it gets the class `protocol`, never half a body. */
export const keptBodyLimitBytes = 16 * 2 ** 20
