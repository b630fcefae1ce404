import { describe, expect, it } from 'vitest'
import { AnswerCache } from '../../../../harness/resilience/fallback/answer-cache.ts'

const second = 1e9
const cacheOf = (changes = {}) => new AnswerCache({ maxEntries: 3, ttlNs: 300 * second, staleNs: 0, ...changes })

describe('a cache of answers', () => {
  it('gives an answer up to its time to live, that moment included, and not later (S15)', () => {
    const cache = cacheOf()
    cache.put('a', 'one', 0)
    expect(cache.get('a', 300 * second)).toEqual({ answer: 'one', stale: false })
    expect(cache.get('a', 300 * second + 1)).toBeNull()
    expect(cache.size).toBe(0)
  })

  it('counts the age from the last answer, not from the first, nor from when it was used', () => {
    const cache = cacheOf()
    cache.put('a', 'one', 0)
    cache.put('a', 'two', 200 * second)
    expect(cache.get('a', 400 * second)).toEqual({ answer: 'two', stale: false })
    expect(cache.get('a', 501 * second)).toBeNull()
  })

  it('gives a stale one for as long as it may be stale', () => {
    const cache = cacheOf({ staleNs: 10 * second })
    cache.put('a', 'one', 0)
    expect(cache.get('a', 310 * second)).toEqual({ answer: 'one', stale: true })
    expect(cache.get('a', 310 * second + 1)).toBeNull()
  })

  it('forgets the one that was not used for longest, and never holds more than it may (P74)', () => {
    const cache = cacheOf()
    for (const key of ['a', 'b', 'c']) expect(cache.put(key, key, 0)).toBe(false)
    cache.get('a', 1)
    expect(cache.put('d', 'd', 2)).toBe(true)
    expect(['a', 'b', 'c', 'd'].map((key) => cache.get(key, 3)?.answer)).toEqual(['a', undefined, 'c', 'd'])
    for (let key = 0; key < 1000; key++) cache.put(String(key), key, 4)
    expect(cache.size).toBe(3)
  })

  it('keeps null and undefined like any other answer (P74)', () => {
    const cache = cacheOf()
    cache.put('a', null, 0)
    expect(cache.get('a', 1)).toEqual({ answer: null, stale: false })
    expect(cache.get('b', 1)).toBeNull()
  })

  it('forgets everything when it is flushed', () => {
    const cache = cacheOf()
    cache.put('a', 'one', 0)
    cache.flush()
    expect(cache.get('a', 1)).toBeNull()
    cache.put('a', 'two', 2)
    expect(cache.get('a', 3)?.answer).toBe('two')
  })
})
