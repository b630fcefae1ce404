import { describe, expect, test } from 'vitest'
import { createRng } from '../../../harness/kernel/rng.ts'
import { createFeedCursor, type FeedCursor } from '../../../harness/workload/feed-rows.ts'
import type { Feed } from '../../../harness/workload/feed.ts'

const feedOf = (order: Feed['order'], count: number): Feed => ({
  name: 'users',
  order,
  rows: Array.from({ length: count }, (_, index) => ({ id: String(index) })),
})

const cursorsOf = (feed: Feed, count: number, seed = 1): FeedCursor[] =>
  Array.from({ length: count }, (_, index) => createFeedCursor(feed, { shard: { index, count }, rng: createRng(seed) }))

const take = (cursor: FeedCursor | undefined, count: number): (string | null)[] =>
  Array.from({ length: count }, () => cursor?.next()?.['id'] ?? null)

describe('a sequential feed', () => {
  test('gives its rows in order, again and again', () => {
    expect(take(cursorsOf(feedOf('sequential', 3), 1)[0], 8)).toEqual(['0', '1', '2', '0', '1', '2', '0', '1'])
  })

  test.each([1, 2, 3, 4, 7])('gives %i workers together, taking turns, what one would get', (count) => {
    const feed = feedOf('sequential', 5)
    const shards = cursorsOf(feed, count)
    const merged = Array.from({ length: 40 }, (_, turn) => shards[turn % count]?.next()?.['id'])
    expect(merged).toEqual(take(cursorsOf(feed, 1)[0], 40))
  })
})

describe('a feed of unique rows', () => {
  test('gives each row once and then no more', () => {
    expect(take(cursorsOf(feedOf('unique', 3), 1)[0], 6)).toEqual(['0', '1', '2', null, null, null])
  })

  test.each([2, 3, 5])('is shared out among %i workers, each row once, whatever their pace', (count) => {
    const shards = cursorsOf(feedOf('unique', 10), count)
    const taken = shards.flatMap((shard) => take(shard, 20).filter((id) => id !== null))
    expect(taken).toHaveLength(10)
    expect(new Set(taken).size).toBe(10)
    expect(take(shards[0], 1)).toEqual([null])
  })

  test('has nothing for a worker beyond its rows', () => {
    expect(take(cursorsOf(feedOf('unique', 2), 3)[2], 2)).toEqual([null, null])
  })
})

describe('a random feed', () => {
  test('is the same for the same seed, and another for another worker, seed or feed', () => {
    const feed = feedOf('random', 1000)
    const [first, second] = cursorsOf(feed, 2)
    const ids = take(first, 50)
    expect(take(cursorsOf(feed, 2)[0], 50)).toEqual(ids)
    expect(take(second, 50)).not.toEqual(ids)
    expect(take(cursorsOf(feed, 2, 2)[0], 50)).not.toEqual(ids)
    expect(take(cursorsOf({ ...feed, name: 'others' }, 2)[0], 50)).not.toEqual(ids)
  })

  test('draws all rows about equally often', () => {
    const [cursor] = cursorsOf(feedOf('random', 4), 1)
    const counts = new Map<string | null, number>()
    for (const id of take(cursor, 4000)) counts.set(id, (counts.get(id) ?? 0) + 1)
    expect(counts.size).toBe(4)
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150)
  })
})
