import { describe, expect, it } from 'vitest'
import { hang } from '../../../harness/faults/hang.ts'
import { binomialBand } from '../../../harness/measure/binomial.ts'
import { stageContext } from '../../support/stage-context.ts'

describe('a hang', () => {
  it('never answers, and is no limit on waiting: a fast exchange that it does not hit is not touched (F26, P7)', () => {
    const never = hang.connection!(hang.parse({ probability: 0.5 }), stageContext({ decide: () => 0.5 }))
    expect(never.exchange!(0, 80)).toBeNull()
    expect('bytes' in never).toBe(false)
    const context = stageContext({ decide: () => 0.49 })
    const hit = hang.connection!(hang.parse({ probability: 0.5 }), context)
    expect(hit.exchange!(5e6, 80)).toEqual({ kind: 'hang', untilNs: Number.POSITIVE_INFINITY, then: 'release' })
    expect(context.tally).toEqual({ eligible: 1, fired: 1, bytes: 80 })
  })

  it('closes the connection after its timeout, which is waited for (P7)', () => {
    const settings = hang.parse({ probability: 1, timeout: '250ms' })
    expect(hang.connection!(settings, stageContext()).exchange!(5e6, 80)).toEqual({
      kind: 'hang',
      untilNs: 255e6,
      then: 'close',
    })
  })

  it('hits its share of the exchanges', () => {
    const context = stageContext()
    const stage = hang.connection!({ probability: 0.02, timeoutNs: null }, context)
    for (let i = 0; i < 20_000; i++) stage.exchange!(0, 1)
    const [lo, hi] = binomialBand(20_000, 0.02, 1e-4)
    expect(context.tally.fired / context.tally.eligible).toBeGreaterThanOrEqual(lo)
    expect(context.tally.fired / context.tally.eligible).toBeLessThanOrEqual(hi)
  })

  it('of an explicit 0 is disabled', () => {
    expect(hang.active(hang.parse({ probability: 0 }))).toBe(false)
  })
})
