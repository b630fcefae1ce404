/** Part i of N, from 0: one of the processes that carry a load together. */
export interface Part {
  readonly index: number
  readonly count: number
}

/** How many of `total` things, counted from 0 and dealt out in turn, fall to part i of N: those with number mod N = i. */
export function dealtTo(total: number, { index, count }: Part): number {
  return Math.max(0, Math.ceil((total - index) / count))
}
