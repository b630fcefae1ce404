import { describe, expect, it } from 'vitest'
import { halfOpen } from '../../../harness/faults/half-open.ts'
import { stageContext } from '../../support/stage-context.ts'

const silence = { kind: 'hang', untilNs: Number.POSITIVE_INFINITY, then: 'release' }

describe('a half-open connection', () => {
  it('passes exactly its bytes, both directions counted together, and then nothing (F31)', () => {
    const context = stageContext()
    const stage = halfOpen.connection!(halfOpen.parse({ after: '32kb' }), context)
    expect(stage.bytes!('uplink', 20_000, 0)).toBeNull()
    expect(stage.bytes!('downlink', 12_000, 0)).toBeNull()
    expect(stage.bytes!('uplink', 1, 0)).toEqual({ pass: 0, then: silence })
    expect(context.tally).toEqual({ eligible: 1, fired: 1, bytes: 1 })
  })

  it('cuts a piece that goes beyond', () => {
    const stage = halfOpen.connection!({ afterBytes: 100, action: 'silence' }, stageContext())
    expect(stage.bytes!('downlink', 130, 0)).toEqual({ pass: 100, then: silence })
  })

  it('leaves the next connection a count of its own (F31, P10)', () => {
    const first = stageContext()
    const settings = halfOpen.parse({ after: '10b' })
    halfOpen.connection!(settings, first).bytes!('uplink', 11, 0)
    const second = halfOpen.connection!(settings, stageContext({ sharedWith: first }))
    expect(second.bytes!('uplink', 10, 0)).toBeNull()
    expect(first.tally).toEqual({ eligible: 2, fired: 1, bytes: 1 })
  })

  it.each(['reset', 'close'] as const)('may end by a %s', (action) => {
    const stage = halfOpen.connection!(halfOpen.parse({ after: '5b', action }), stageContext())
    expect(stage.bytes!('uplink', 6, 0)).toEqual({ pass: 5, then: { kind: action, afterNs: 0 } })
  })
})
