/** A window in which the target's garbage was collected by force, and in which nothing was measured meanwhile. */
export interface Collection {
  /** What its heap held then, in KiB; null where that could not be read, or was told to the window before or after. */
  readonly heapKb: number | null
  /** How long after the beginning of the window that was. */
  readonly afterMs: number
  /** For so long what began in the window was not measured. */
  readonly recessMs: number
}

/** For how long a window really measured. */
export function measuredNsOf({
  fromNs,
  toNs,
  collection,
}: {
  readonly fromNs: number
  readonly toNs: number
  readonly collection: Collection | null
}): number {
  return toNs - fromNs - (collection?.recessMs ?? 0) * 1e6
}
