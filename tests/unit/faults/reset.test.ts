import { describe, expect, it } from 'vitest'
import { reset } from '../../../harness/faults/reset.ts'
import { createRng } from '../../../harness/kernel/rng.ts'
import { binomialBand } from '../../../harness/measure/binomial.ts'
import { emptyTally } from '../../../harness/measure/tally.ts'
import { baselineOf } from '../../support/facts.ts'

function decisionsOf(probability: number, count: number, seed = 1) {
  const tally = emptyTally()
  const gate = reset.gate({ probability }, createRng(seed), tally)
  return { decisions: Array.from({ length: count }, () => gate(80)), tally }
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
    expect(reset.active({ probability: 0 })).toBe(false)
    expect(reset.active({ probability: 1e-6 })).toBe(true)
  })
})

describe('a reset', () => {
  it.each([[0.0005], [0.05], [0.5], [0.95]])('hits the share %f of the exchanges', (probability) => {
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
    const hits = decisions.filter(Boolean).length
    expect(tally).toEqual({ eligible: 100, fired: hits, bytes: hits * 80 })
  })

  it('decides the same again from the same seed', () => {
    expect(decisionsOf(0.3, 100, 4).decisions).toEqual(decisionsOf(0.3, 100, 4).decisions)
    expect(decisionsOf(0.3, 100, 4).decisions).not.toEqual(decisionsOf(0.3, 100, 5).decisions)
  })

  it('should fail its share of the attempts and delay none', () => {
    const context = { direction: 'uplink' as const, baseline: baselineOf({}), operations: 1 }
    expect(reset.expect({ probability: 0.05 }, context)).toEqual({
      delayMs: { lo: 0, hi: 0 },
      firedShare: 0.05,
      errorShare: 0.05,
      errorClass: 'reset',
    })
  })
})
