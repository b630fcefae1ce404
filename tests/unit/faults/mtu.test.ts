import { describe, expect, it } from 'vitest'
import { mtu } from '../../../harness/faults/mtu.ts'
import { datagramOf, passed, stageContext } from '../../support/stage-context.ts'

describe('an mtu', () => {
  it('drops what is larger, and counts it', () => {
    const context = stageContext()
    const stage = mtu.datagram!(mtu.parse('4b'), context)
    const fits = datagramOf('four')
    expect(passed(stage, fits)).toEqual([fits])
    expect(passed(stage, datagramOf('fives'))).toEqual([])
    expect(context.tally).toEqual({ eligible: 2, fired: 1, bytes: 5 })
  })

  it('of 0 is disabled', () => {
    expect(mtu.active(mtu.parse('0b'))).toBe(false)
  })
})
