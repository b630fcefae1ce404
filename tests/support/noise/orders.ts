import { type Rng, shuffled } from '../../../harness/kernel/rng.ts'

/** The order of the slices of a round: so many of each arm. */
export type SliceOrder = (arms: readonly string[], slices: number, rng: Rng) => readonly string[]

const fill = <T>(count: number, of: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => of(index))

/** How slices can be ordered; the first is ours. */
export const sliceOrders = {
  /** In cycles in which each arm has one, each in an order of its own. */
  'random cycles': (arms, slices, rng) => fill(slices, () => shuffled(arms, rng)).flat(),
  /** All of the first, then all of the next. */
  AABB: (arms, slices) => arms.flatMap((arm) => fill(slices, () => arm)),
  /** There and back, again and again. */
  ABBA: (arms, slices) => fill(slices, (cycle) => (cycle % 2 === 0 ? arms : arms.toReversed())).flat(),
  /** In turns. */
  ABAB: (arms, slices) => fill(slices, () => arms).flat(),
} as const satisfies Readonly<Record<string, SliceOrder>>

export type SliceOrderName = keyof typeof sliceOrders

/** Which slices of the baseline the second baseline has where they share them: in turns two of five and three of five. */
export function splitSlots(slices: number, round: number, rng: Rng): ReadonlySet<number> {
  const own = round % 2 === 0 ? Math.floor(slices / 2) : Math.ceil(slices / 2)
  return new Set(
    shuffled(
      fill(slices, (index) => index),
      rng,
    ).slice(0, own),
  )
}
