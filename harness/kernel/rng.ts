import { createHash } from 'node:crypto'
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/** Seeded randomness. Two generators of the same seed and path of names give the same numbers. */
export interface Rng {
  /** The next number, uniform in [0, 1). */
  next(): number
  /** An independent generator; depends on the seed and the names only, not on what was drawn before. */
  fork(...names: readonly (string | number)[]): Rng
}

/** Makes a generator from a seed: any integer or text. */
export function createRng(seed: number | string): Rng {
  return fromPath(JSON.stringify([seed]))
}

function fromPath(path: string): Rng {
  const state = createHash('sha256').update(path).digest()
  const generator = xoroshiro128plus(state.readInt32LE(0))
  return {
    next: () => uniformFloat64(generator),
    fork: (...names) => fromPath(`${path}/${JSON.stringify(names)}`),
  }
}

/** A copy of `items` in random order (Fisher and Yates). */
export function shuffled<Item>(items: readonly Item[], rng: Rng): Item[] {
  const order = items.map((item) => ({ item, key: rng.next() }))
  return order.sort((a, b) => a.key - b.key).map(({ item }) => item)
}
