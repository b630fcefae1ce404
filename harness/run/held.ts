import type { TargetLife } from './life.ts'

/** What a process that was asked by one arm only held after a slice, in KiB; nulls for what was not, or could not be, read. */
export interface Held {
  readonly rssKb: number | null
  readonly heapKb: number | null
}

export const heldNothing: Held = { rssKb: null, heapKb: null }

/**
 * Reads it between slices, where nothing is measured: its own memory where that may be read, else what the last sample says;
 * and, at the end of its round only, its heap after a forced collection: slices to come would find another heap than they left.
 */
export async function readHeld(
  life: Pick<TargetLife, 'anonymousKb' | 'target'>,
  memoryKb: number | null,
  ends: boolean,
): Promise<Held> {
  const rssKb = life.anonymousKb() ?? memoryKb
  const { heap } = life.target
  // A target that cannot be asked any more has died, which is told of it elsewhere.
  const heapKb = ends && 'probe' in heap ? await heap.probe.collect().catch(() => null) : null
  return { rssKb, heapKb }
}
