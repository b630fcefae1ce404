/** Asks a program of Node to collect its garbage. */
export interface HeapProbe {
  /**
   * Resolves with what its heap holds in KiB when all garbage has been collected, with what lies outside for its objects, such
   * as buffers. The program stands still meanwhile. Rejects when it cannot be asked any more.
   */
  collect(): Promise<number>
}

/** Whether a target can be asked for its heap, or why it cannot. */
export type HeapAccess = { readonly probe: HeapProbe } | { readonly missing: string }

/** What a program is asked, in the words of `process.memoryUsage`; buffers count as external. */
export interface HeapUsage {
  readonly heapUsed: number
  readonly external: number
}

/** KiB of what a heap and the objects outside of it take. */
export function heapKbOf({ heapUsed, external }: HeapUsage): number {
  return (heapUsed + external) / 1024
}

/** Twice: what is freed together with an object that has gone is found by the next collection. */
export const collections = 2
