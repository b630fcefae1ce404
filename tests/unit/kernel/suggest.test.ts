import { describe, expect, test } from 'vitest'
import { didYouMean, nearest } from '../../../harness/kernel/suggest.ts'

const words = ['latency', 'rate', 'reset', 'errorRate', 'uplink']

describe('a near miss', () => {
  test.each([
    ['latecy', 'latency'],
    ['latnecy', 'latency'],
    ['Latency', 'latency'],
    ['error-rate', 'errorRate'],
    ['erorrate', 'errorRate'],
    ['rates', 'rate'],
    ['upLink', 'uplink'],
  ])('%j is taken for %j', (word, meant) => {
    expect(nearest(word, words)).toBe(meant)
  })

  test.each(['bandwidth', 'x', '', 'loss'])('is not found for %j', (word) => {
    expect(nearest(word, words)).toBeUndefined()
    expect(didYouMean(word, words)).toBe('')
  })

  test('ends a message', () => {
    expect(didYouMean('latecy', words)).toBe('; did you mean "latency"?')
  })
})
