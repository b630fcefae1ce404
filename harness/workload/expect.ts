import type { Kept, Reply } from './reply.ts'

/** What the answer to a request must be; anything else is a failure. Plain data, sent to the workers as it is. */
export interface Expected {
  /** HTTP status or gRPC code. Null: for HTTP any from 200 to 399, for gRPC only 0. */
  readonly status: number | null
  /** The whole body, compared as it passes; null for any. */
  readonly body: string | null
  readonly checks: readonly Check[]
}

/** One further thing that must hold of a reply. Patterns are sources of regular expressions with the flag `u`. */
export type Check =
  | { readonly kind: 'header'; readonly name: string; readonly equals: string }
  | { readonly kind: 'header-matches'; readonly name: string; readonly pattern: string }
  | { readonly kind: 'body-contains'; readonly text: string }
  | { readonly kind: 'body-matches'; readonly pattern: string }
  | { readonly kind: 'json'; readonly pointer: string; readonly equals: unknown }
  | { readonly kind: 'size'; readonly minBytes: number; readonly maxBytes: number }
  | { readonly kind: 'time'; readonly maxNs: number }

/** The checks of one request, made ready to run many times. */
export interface CompiledChecks {
  readonly kept: Kept
  /** What is wrong, for people; null when all hold. `elapsedNs` is from the start of the attempt. */
  run(reply: Reply, elapsedNs: number): string | null
}
