import type { Rng } from '../kernel/rng.ts'
import type { Feed } from './feed.ts'

/** A row of a feed: values by column. */
export type FeedRow = Feed['rows'][number]

/** Chooses the rows of a feed for one worker. */
export interface FeedCursor {
  /** The row for the next iteration; null when a feed of unique rows has none left. */
  next(): FeedRow | null
}

/** Which worker asks, and whence its chance comes; the rng is forked by the feed's name and the shard. */
export interface FeedCursorOptions {
  readonly shard: { readonly index: number; readonly count: number }
  readonly rng: Rng
}

/**
 * Opens a feed for worker i of n. The global rows 0, 1, 2, … of `sequential` and `unique` go to worker (row mod n), each
 * in order: all workers together take what one alone would. The draws of `random` are independent of each other.
 */
export function createFeedCursor({ name, order, rows }: Feed, { shard, rng }: FeedCursorOptions): FeedCursor {
  const { index, count } = shard
  if (order === 'random') {
    const own = rng.fork('feed', name, index)
    return { next: () => rows[Math.floor(own.next() * rows.length)] ?? null }
  }
  let row = index
  if (order === 'unique') {
    return {
      next() {
        const taken = rows[row] ?? null
        if (taken !== null) row += count
        return taken
      },
    }
  }
  return {
    next() {
      const taken = rows[row % rows.length] ?? null
      // Kept small, so that it stays exact however long the load lasts.
      row = (row + count) % rows.length
      return taken
    },
  }
}
