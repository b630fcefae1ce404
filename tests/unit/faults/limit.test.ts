import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { limit } from '../../../harness/faults/limit.ts'
import { stageContext } from '../../support/stage-context.ts'

describe('a limit', () => {
  it('passes exactly so many bytes of its direction, however they come, and ends the connection with the last', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1 }), fc.nat(4000), (sizes, afterBytes) => {
        const context = stageContext({ direction: 'downlink' })
        const stage = limit.connection!({ afterBytes, action: 'close' }, context)
        let delivered = 0
        let ended = false
        for (const size of sizes) {
          const answer = stage.bytes!('downlink', size, 0)
          delivered += answer ? answer.pass : size
          ended = answer !== null
          if (ended) break
        }
        const sent = sizes.reduce((a, b) => a + b, 0)
        expect(delivered).toBe(Math.min(sent, afterBytes))
        expect(ended).toBe(sent >= afterBytes)
        expect(context.tally.fired).toBe(ended ? 1 : 0)
      }),
    )
  })

  it('does not look at the other direction', () => {
    const context = stageContext({ direction: 'uplink' })
    const stage = limit.connection!({ afterBytes: 10, action: 'close' }, context)
    expect(stage.bytes!('downlink', 1000, 0)).toBeNull()
    expect(context.tally).toEqual({ eligible: 0, fired: 0, bytes: 0 })
    expect(stage.bytes!('uplink', 15, 0)).toEqual({ pass: 10, then: { kind: 'close', afterNs: 0 } })
    expect(context.tally).toEqual({ eligible: 1, fired: 1, bytes: 5 })
  })

  it('ends by a FIN unless an RST is asked for', () => {
    expect(limit.parse({ after: '32kb' })).toEqual({ afterBytes: 32_000, action: 'close' })
    const stage = limit.connection!(limit.parse({ after: '0b', action: 'reset' }), stageContext())
    expect(stage.bytes!('downlink', 1, 0)).toEqual({ pass: 0, then: { kind: 'reset', afterNs: 0 } })
  })
})
