import { describe, expect, it } from 'vitest'
import { partition } from '../../../harness/faults/partition.ts'
import { datagramOf, passed, stageContext } from '../../support/stage-context.ts'

describe('a partition', () => {
  it.each(['uplink', 'downlink'] as const)('holds %s bytes from the first on, until it is lifted', (direction) => {
    const context = stageContext()
    const stage = partition.connection!(true, context)
    expect(stage.bytes!(direction, 10, 3)).toEqual({
      pass: 0,
      then: { kind: 'hang', untilNs: Number.POSITIVE_INFINITY, then: 'release' },
    })
    expect(context.tally).toEqual({ eligible: 1, fired: 1, bytes: 10 })
  })

  it('swallows every datagram', () => {
    const context = stageContext()
    expect(passed(partition.datagram!(true, context), datagramOf('hello'))).toEqual([])
    expect(context.tally).toEqual({ eligible: 1, fired: 1, bytes: 5 })
  })

  it.each([
    [true, true],
    [{}, true],
    [false, false],
  ])('written as %j is on: %s', (raw, on) => {
    expect(partition.active(partition.parse(raw))).toBe(on)
  })
})
