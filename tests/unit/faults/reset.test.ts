import { describe, expect, it } from 'vitest'
import { reset } from '../../../harness/faults/reset.ts'
import { binomialBand } from '../../../harness/measure/binomial.ts'
import { baselineOf } from '../../support/facts.ts'
import { stageContext } from '../../support/stage-context.ts'

function decisionsOf(probability: number, count: number, { seed = 1, strength = 1 } = {}) {
  const context = stageContext({ seed, strength })
  const stage = reset.connection!({ probability, afterNs: 0 }, context)
  return { decisions: Array.from({ length: count }, () => stage.exchange!(0, 80)), tally: context.tally }
}

describe('reset settings', () => {
  it.each([
    ['5%', 0.05],
    [0.05, 0.05],
    ['500ppm', 0.0005],
    [1, 1],
  ])('%s are a share', (probability, share) => {
    expect(reset.parse({ probability }).probability).toBeCloseTo(share, 12)
  })

  it('of 0 disable the fault', () => {
    expect(reset.active({ probability: 0, afterNs: 0 })).toBe(false)
    expect(reset.active({ probability: 1e-6, afterNs: 0 })).toBe(true)
  })
})

describe('a reset', () => {
  it.each([[0.0005], [0.05], [0.5], [0.95]])('hits the share %f of the exchanges (F30)', (probability) => {
    const { tally } = decisionsOf(probability, 50_000)
    const [lo, hi] = binomialBand(50_000, probability, 1e-4)
    expect(tally.fired / tally.eligible).toBeGreaterThanOrEqual(lo)
    expect(tally.fired / tally.eligible).toBeLessThanOrEqual(hi)
  })

  it('hits all or none at the ends', () => {
    expect(decisionsOf(1, 1000).tally.fired).toBe(1000)
    expect(decisionsOf(0, 1000).tally.fired).toBe(0)
  })

  it('tells what it hit', () => {
    const { decisions, tally } = decisionsOf(0.3, 100)
    const hits = decisions.filter((action) => action !== null).length
    expect(tally).toEqual({ eligible: 100, fired: hits, bytes: hits * 80 })
  })

  it('decides the same again from the same seed', () => {
    expect(decisionsOf(0.3, 100, { seed: 4 }).decisions).toEqual(decisionsOf(0.3, 100, { seed: 4 }).decisions)
    expect(decisionsOf(0.3, 100, { seed: 4 }).decisions).not.toEqual(decisionsOf(0.3, 100, { seed: 5 }).decisions)
  })

  it('is rarer where a ramp has it at a part of its strength', () => {
    const { tally } = decisionsOf(0.8, 20_000, { strength: 0.25 })
    const [lo, hi] = binomialBand(20_000, 0.2, 1e-4)
    expect(tally.fired / tally.eligible).toBeGreaterThanOrEqual(lo)
    expect(tally.fired / tally.eligible).toBeLessThanOrEqual(hi)
  })

  it('comes before the request, or so long after it began', () => {
    const at = (after?: string) =>
      reset.connection!(reset.parse({ probability: 1, after }), stageContext()).exchange!(7, 80)
    expect(at()).toEqual({ kind: 'reset', afterNs: 0 })
    expect(at('20ms')).toEqual({ kind: 'reset', afterNs: 20e6 })
  })

  it('should fail its share of the attempts, keep them from the target and delay none', () => {
    const context = { direction: 'uplink' as const, baseline: baselineOf({}), operations: 1 }
    expect(reset.expect({ probability: 0.05, afterNs: 0 }, context)).toEqual({
      delayMs: { lo: 0, hi: 0 },
      firedShare: { lo: 0.05, hi: 0.05 },
      errorShare: 0.05,
      errorClasses: ['reset'],
      undelivered: 1,
    })
    // Once it has been forwarded, all may be over before the RST.
    expect(reset.expect({ probability: 0.05, afterNs: 1e6 }, context)).toMatchObject({
      errorShare: null,
      undelivered: null,
    })
  })
})
