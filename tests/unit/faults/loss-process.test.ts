import { describe, expect, it } from 'vitest'
import { lossBounds, type LossModel, lossProcess, lossShare } from '../../../harness/faults/loss-process.ts'
import { stageContext, type StageContextOptions } from '../../support/stage-context.ts'

const steps = 100_000

function lossesOf(model: LossModel, count = steps, options: StageContextOptions = {}): boolean[] {
  const lost = lossProcess(model, stageContext(options))
  return Array.from({ length: count }, () => lost(0))
}

/** The lengths of the runs of losses. */
function runsOf(losses: readonly boolean[]): number[] {
  const runs: number[] = []
  losses.forEach((lost, at) => {
    if (!lost) return
    if (at > 0 && losses[at - 1]) runs[runs.length - 1]!++
    else runs.push(1)
  })
  return runs
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
const shareOf = (losses: readonly boolean[]): number => losses.filter(Boolean).length / losses.length

const random = (probability: number, burst = 1): LossModel => ({ kind: 'random', probability, burst })
const elliott = (goodToBad: number, badToGood: number, lossGood = 0, lossBad = 1): LossModel => ({
  kind: 'gilbertElliott',
  goodToBad,
  badToGood,
  lossGood,
  lossBad,
})
const four = (p13: number, p31 = 1 - p13, p32 = 0, p23 = 1, p14 = 0): LossModel => ({
  kind: 'fourState',
  p13,
  p31,
  p32,
  p23,
  p14,
})

/** The variance of the share of losses in units of p (1 - p) / n, from the blocks of a long run. */
function inflationOf(losses: readonly boolean[], block = 500): number {
  const p = shareOf(losses)
  const shares = Array.from({ length: Math.floor(losses.length / block) }, (_, at) =>
    shareOf(losses.slice(at * block, (at + 1) * block)),
  )
  return (meanOf(shares.map((share) => (share - p) ** 2)) * block) / (p * (1 - p))
}

describe('the long-run share of a loss', () => {
  it.each<[string, LossModel, number]>([
    ['by itself', random(0.02), 0.02],
    ['in bursts of 4 is pB / (1 - p + pB) (F23)', random(0.01, 4), 0.04 / 1.03],
    ['of Gilbert and Elliott is that of its states (F24)', elliott(0.01, 0.25, 0.001, 0.15), 0.00673],
    ['that never turns bad is that of the good state', elliott(0, 0, 0.02), 0.02],
    ["of netem's four states with only p13 is that of bursts of one", four(0.1), 0.1],
    ['of four states with losses by themselves', four(0, 1, 0, 1, 0.25), 0.2],
    ['of a burst that does not end', four(1, 0), 1],
  ])('%s', (_, model, share) => {
    expect(lossShare(model)).toBeCloseTo(share, 5)
  })

  it.each<[string, LossModel]>([
    ['each by itself (F22)', random(0.02)],
    ['half of them (F22)', random(0.5)],
    ['in bursts (F23)', random(0.01, 4)],
    ['of two states (F24)', elliott(0.01, 0.25, 0.001, 0.15)],
    ['of two states with long bursts (F24)', elliott(0.005, 0.1)],
    ['of four states (F24)', four(0.02, 0.2, 0.1, 0.5, 0.01)],
  ])('is met within three standard deviations, those that hang together counted as they do: %s', (_, model) => {
    const losses = lossesOf(model)
    const share = lossShare(model)
    const sigma = Math.sqrt((inflationOf(losses) * share * (1 - share)) / steps)
    expect(Math.abs(shareOf(losses) - share)).toBeLessThan(3 * sigma)
    const { lo, hi } = lossBounds(model, steps)
    expect(shareOf(losses)).toBeGreaterThan(lo - 3 * sigma)
    expect(shareOf(losses)).toBeLessThan(hi + 3 * sigma)
  })

  it('has a count that varies no more than is allowed for', () => {
    expect(inflationOf(lossesOf(random(0.01, 4)))).toBeLessThan(4 * 1.3)
    expect(inflationOf(lossesOf(elliott(0.01, 0.25)))).toBeLessThan((1.74 / 0.26) * 1.3)
  })
})

describe('losses in bursts', () => {
  it('are runs of at least the length asked for (F23)', () => {
    const runs = runsOf(lossesOf(random(0.01, 4)).slice(0, -4))
    expect(Math.min(...runs)).toBe(4)
    // A run goes on with probability p.
    expect(meanOf(runs)).toBeCloseTo(4 / 0.99, 1)
  })

  it('of two states are as long in the mean as the bad state lasts (F24)', () => {
    const runs = runsOf(lossesOf(elliott(0.02, 0.2)))
    expect(Math.abs(meanOf(runs) / 5 - 1)).toBeLessThan(0.1)
  })

  it('of four states last as they should (F24)', () => {
    // Straight on with 1 - p31 - p32 at each step; all others are losses by themselves.
    const runs = runsOf(lossesOf(four(0.02, 0.2, 0.05, 0.5)))
    expect(Math.abs(meanOf(runs) / 4 - 1)).toBeLessThan(0.1)
  })

  it('begin at the good state, change state first and lose by the new one (F24)', () => {
    expect(lossesOf(elliott(1, 0), 3)).toEqual([true, true, true])
    expect(lossesOf(elliott(1, 1), 4)).toEqual([true, false, true, false])
  })

  it('are of one connection and never of the next (F24, P10)', () => {
    const model = random(1e-9, 1000)
    const hit = lossProcess(model, stageContext({ decide: () => 0 }))
    const next = lossProcess(model, stageContext())
    expect([hit(0), hit(0)]).toEqual([true, true])
    expect([next(0), next(0)]).toEqual([false, false])
    const [first, second] = [1, 2].map((seed) => lossesOf(elliott(0.1, 0.3), 200, { seed }))
    expect(first).not.toEqual(second)
    expect(lossesOf(elliott(0.1, 0.3), 200, { seed: 1 })).toEqual(first)
  })

  it('come more rarely while a ramp is low', () => {
    for (const model of [random(0.2), elliott(0.05, 0.5), four(0.1, 0.5)]) {
      const weak = shareOf(lossesOf(model, 20_000, { strength: 0.1 }))
      expect(weak).toBeLessThan(0.2 * lossShare(model))
      expect(weak).toBeGreaterThan(0.05 * lossShare(model))
    }
  })
})
