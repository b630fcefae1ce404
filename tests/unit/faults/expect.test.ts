import { describe, expect, it } from 'vitest'
import { expectationOf, faultEffects } from '../../../harness/faults/expect.ts'
import { parseFaults } from '../../../harness/faults/faults.ts'
import type { EffectFacts } from '../../../harness/measure/effect.ts'
import { baselineOf, factsOf } from '../../support/facts.ts'

const latency40 = parseFaults({ latency: { delay: '40ms' } })
const onClient = { clientLatency: true }

/** Facts of a latency that acted on each of a thousand chunks. */
const acted = (p50Ms: number): EffectFacts =>
  factsOf({ p50Ms, injectedDelayErrorP50Ms: 0.5, fired: { latency: { eligible: 1000, fired: 1000 } } })

// Closed loops measured through one relay: [target, p50 of the baseline, of a single worker, under 40 ms].
const measured = [
  ['built-in or nginx, 6 workers', 0.2, 0.2, 41.2],
  ['python, 6 workers, fast', 2.2, 1, 42.1],
  ['python, 6 workers, slow', 3.4, 2, 43],
  ['5 ms of CPU per request, 6 workers', 26, 5, 46.2],
  ['5 ms of CPU per request, 24 workers', 117.4, 5, 123.9],
] as const

describe('the effects of a true 40 ms', () => {
  it.each(measured)('on %s are all seen', (_target, p50Ms, singleP50Ms, underMs) => {
    const effects = faultEffects(latency40, baselineOf({ p50Ms, singleP50Ms }), acted(underMs), onClient)
    expect(effects.map(({ metric, ok }) => [metric, ok])).toEqual([
      ['fired.latency', true],
      ['injectedDelayErrorP50', true],
      ['p50', true],
    ])
  })

  it.each(measured)('on %s are not seen with the fault off', (_target, p50Ms, singleP50Ms) => {
    const effects = faultEffects(latency40, baselineOf({ p50Ms, singleP50Ms }), factsOf({ p50Ms }), onClient)
    expect(effects.filter(({ ok }) => !ok).map(({ metric }) => metric)).toContain('fired.latency')
    expect(effects.some(({ inconclusive }) => inconclusive)).toBe(false)
  })

  it.each(measured.slice(0, 4))(
    "on %s do not show in the client's median with the fault off",
    (_target, p50Ms, singleP50Ms) => {
      const p50 = faultEffects(latency40, baselineOf({ p50Ms, singleP50Ms }), acted(p50Ms), onClient).at(-1)
      expect(p50).toMatchObject({ metric: 'p50', ok: false })
    },
  )

  it('are [L + S1 - 0.5, L + p50 + 3] ms on a fast target', () => {
    const p50 = faultEffects(latency40, baselineOf({ p50Ms: 0.2, singleP50Ms: 0.1 }), acted(41), onClient).at(-1)
    expect(p50!.lo).toBeCloseTo(39.6, 9)
    expect(p50!.hi).toBeCloseTo(43.2, 9)
  })

  it("are told by the relay alone where the client's latency proves nothing", () => {
    const effects = faultEffects(latency40, baselineOf({}), acted(1), { clientLatency: false })
    expect(effects.map(({ metric }) => metric)).toEqual(['fired.latency', 'injectedDelayErrorP50'])
    expect(effects.every(({ ok }) => ok)).toBe(true)
  })
})

describe("the relay's own proof", () => {
  it.each([
    [0, true],
    [0.65, true],
    [1.5, true],
    [1.6, false],
    [-1, false],
    [null, false],
  ])('of a median error of %s ms is good: %s', (injectedDelayErrorP50Ms, ok) => {
    const facts = { ...acted(41), injectedDelayErrorP50Ms }
    const effect = faultEffects(latency40, baselineOf({}), facts, onClient).find(
      ({ metric }) => metric === 'injectedDelayErrorP50',
    )
    expect(effect!.ok).toBe(ok)
  })

  it('fails when half of the chunks were not delayed', () => {
    const facts = { ...acted(41), fired: { latency: { eligible: 1000, fired: 500 } } }
    expect(faultEffects(latency40, baselineOf({}), facts, onClient)[0]).toMatchObject({
      metric: 'fired.latency',
      ok: false,
    })
  })

  it('is one band for a fault that acts in both directions, which holds whatever their mix', () => {
    const both = parseFaults({
      uplink: { latency: { delay: '0ms', jitter: '5ms' } },
      downlink: { latency: { delay: '25ms' } },
    })
    const facts = { ...acted(28), fired: { latency: { eligible: 2000, fired: 1500 } } }
    const effects = faultEffects(both, baselineOf({}), facts, onClient).filter(
      ({ metric }) => metric === 'fired.latency',
    )
    expect(effects).toHaveLength(1)
    expect(effects[0]).toMatchObject({ ok: true, hi: 1 })
  })
})

describe('a fault that hits by chance', () => {
  const reset = (probability: number) => parseFaults({ reset: { probability } })
  const fired = (eligible: number, hits: number, attempts = eligible): EffectFacts =>
    factsOf({ attempts, fired: { reset: { eligible, fired: hits } } })
  const effectOf = (probability: number, facts: EffectFacts) =>
    faultEffects(reset(probability), baselineOf({}), facts, onClient)[0]!

  it.each([
    [2000, 100, true],
    [2000, 70, true],
    [2000, 135, true],
    [2000, 40, false],
    [2000, 170, false],
  ])('of 5 %% in %i exchanges and %i resets is good: %s', (eligible, hits, ok) => {
    expect(effectOf(0.05, fired(eligible, hits))).toMatchObject({ metric: 'fired.reset', ok })
    expect(effectOf(0.05, fired(eligible, hits)).inconclusive).toBeUndefined()
  })

  it('that never did is inconclusive where that was likely', () => {
    // 0.95 ^ 193 is just above 5e-5, the lower half of what a band may miss.
    expect(effectOf(0.05, fired(193, 0))).toMatchObject({ ok: false, inconclusive: expect.any(String) })
  })

  it('that never did is no effect where that was improbable', () => {
    const effect = effectOf(0.05, fired(194, 0))
    expect(effect.ok).toBe(false)
    expect(effect.inconclusive).toBeUndefined()
  })

  it('that never had a chance in a thousand attempts is no effect either', () => {
    const effect = effectOf(0.05, fired(0, 0, 1000))
    expect(effect).toMatchObject({ observed: null, ok: false })
    expect(effect.inconclusive).toBeUndefined()
  })

  it('that never had a chance since nothing was tried is inconclusive', () => {
    expect(effectOf(0.05, fired(0, 0))).toMatchObject({ ok: false, inconclusive: expect.any(String) })
  })

  it('and hits always is never inconclusive', () => {
    expect(effectOf(1, fired(3, 0))).toMatchObject({ ok: false })
    expect(effectOf(1, fired(3, 0)).inconclusive).toBeUndefined()
  })
})

describe('faults together', () => {
  it('add their delays, and fail what any of them fails', () => {
    const faults = parseFaults({
      uplink: { latency: { delay: '5ms' } },
      latency: { delay: '40ms' },
      reset: { probability: 0.1 },
    })
    expect(expectationOf(faults, baselineOf({ backgroundShare: 0 }), 100)).toMatchObject({
      delayMs: { lo: 45, hi: 45 },
      errorShare: expect.closeTo(0.1, 12),
    })
  })

  it('that are none expect nothing', () => {
    expect(expectationOf(parseFaults({}), baselineOf({}), 100)).toMatchObject({
      delayMs: { lo: 0, hi: 0 },
      errorShare: 0,
    })
    expect(faultEffects(parseFaults({}), baselineOf({}), factsOf({}), onClient)).toEqual([])
  })
})

describe('a reset that fired', () => {
  const faults = parseFaults({ reset: { probability: 0.05 } })
  const seen = (attemptErrors: Record<string, number>, cancelled = 0) =>
    faultEffects(
      faults,
      baselineOf({}),
      factsOf({ attemptErrors, cancelled, fired: { reset: { eligible: 1000, fired: 50 } } }),
      { clientLatency: true },
    ).find(({ metric }) => metric === 'seen.reset')?.ok

  it('must have reached the client', () => {
    expect(seen({ reset: 50 })).toBe(true)
    expect(seen({ reset: 10 })).toBe(false)
    expect(seen({})).toBe(false)
  })

  it('may have hit attempts that the client had given up', () => {
    expect(seen({ reset: 48 }, 2)).toBe(true)
    expect(seen({ reset: 47 }, 2)).toBe(false)
  })

  it('is not all that resets, where the target does so too', () => {
    expect(seen({ reset: 80 })).toBe(false)
  })
})
