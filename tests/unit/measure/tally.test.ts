import { describe, expect, it } from 'vitest'
import { addTallies, emptyTally, talliesBetween } from '../../../harness/measure/tally.ts'

const early = { latency: { eligible: 10, fired: 9, bytes: 900 } }
const late = { latency: { eligible: 25, fired: 20, bytes: 2000 }, reset: { eligible: 5, fired: 1, bytes: 80 } }

describe('tallies', () => {
  it('begin at nothing', () => {
    expect(emptyTally()).toEqual({ eligible: 0, fired: 0, bytes: 0 })
  })

  it('between two readings are what was added since, also by a fault that came later', () => {
    expect(talliesBetween(early, late)).toEqual({
      latency: { eligible: 15, fired: 11, bytes: 1100 },
      reset: { eligible: 5, fired: 1, bytes: 80 },
    })
  })

  it('add up by keyword', () => {
    expect(addTallies(early, talliesBetween(early, late))).toEqual(late)
  })

  it('between a reading and itself are 0', () => {
    expect(talliesBetween(early, early)).toEqual({ latency: emptyTally() })
  })
})
