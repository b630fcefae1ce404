import { describe, expect, it } from 'vitest'
import { DeadLetters } from '../../../harness/resilience/dead-letters.ts'

const letter = {
  atNs: 1,
  request: 'buy',
  message: { path: '/' },
  idempotent: false,
  error: 'reset',
  status: 0,
  attempts: 3,
}
const bytes = JSON.stringify(letter).length + 1

describe('dead letters', () => {
  it('keep so many, over the whole life of a client, however often they are taken (S19)', () => {
    const letters = new DeadLetters()
    const limits = { maxEntries: 3, maxBytes: 1e6 }
    expect([letters.add(letter, limits), letters.add(letter, limits)]).toEqual([true, true])
    expect(letters.take()).toEqual([letter, letter])
    expect([letters.add(letter, limits), letters.add(letter, limits)]).toEqual([true, false])
    expect(letters.take()).toEqual([letter])
    expect(letters.take()).toEqual([])
  })

  it('keep so many bytes, line ends included', () => {
    const letters = new DeadLetters()
    const limits = { maxEntries: 100, maxBytes: 2 * bytes }
    expect([1, 2, 3].map(() => letters.add(letter, limits))).toEqual([true, true, false])
    expect(letters.add({ ...letter, message: null }, { ...limits, maxBytes: 3 * bytes })).toBe(true)
  })
})
