import { describe, expect, it } from 'vitest'
import { type EffectFacts, effectOf } from '../../../../harness/measure/effect.ts'
import { rateLimit } from '../../../../harness/resilience/limiter/rate-limit.ts'
import { failure } from '../../../../harness/resilience/outcome.ts'
import { factsOf } from '../../../support/facts.ts'
import { createBench, createOperation, ms } from '../../../support/fake-attempts.ts'

const raw = { algorithm: 'adaptiveThrottle', window: '500ms' }

/** By metric: whether it is as it should be. */
function seen(facts: Partial<EffectFacts>, others: readonly string[] = []): Record<string, boolean> {
  const context = { injectedShare: 0, backgroundShare: 0, idempotentShare: 1, others, facts: factsOf(facts) }
  return Object.fromEntries(rateLimit.expect(rateLimit.parse(raw), context).map(({ metric, ok }) => [metric, ok]))
}

const counts = (rateLimitAccepted: number, rateLimitRejected: number): Partial<EffectFacts> => ({
  policyCounters: { rateLimitAccepted, rateLimitRejected },
  errors: { 'rate-limited': rateLimitRejected },
  allAttempts: rateLimitAccepted,
})

describe('what a throttle by chance should do', () => {
  it('while all that it asks is taken on, is to refuse nothing', () => {
    expect(seen(counts(1000, 0))).toEqual({ refusedOperations: true, rateLimitRejected: true })
    expect(seen(counts(1000, 1))).toEqual({ refusedOperations: true, rateLimitRejected: false })
  })

  it('is not to refuse what it does not count', () => {
    expect(seen({ ...counts(1000, 0), errors: { 'rate-limited': 7 } })).toMatchObject({ refusedOperations: false })
  })

  it.each<[string, Partial<EffectFacts>, readonly string[]]>([
    ['an attempt has failed', { attemptErrors: { reset: 1 } }, []],
    ['an attempt was given up', { cancelled: 1 }, []],
    ['a caller has not waited for one', { policyCounters: { rateLimitRejected: 7, timeouts: 1 } }, ['timeout']],
    ['something else may answer', {}, ['fallback']],
    ['code of the user may fail', {}, ['use']],
  ])('may be to refuse where %s', (_what, facts, others) => {
    expect(seen({ ...counts(1000, 7), ...facts }, others)).not.toHaveProperty('rateLimitRejected')
  })

  it('while nothing is taken on, is to let but a few through', async () => {
    const load = { ...factsOf({}).load, inFlight: 4, slices: 1, sliceNs: 1e9 }
    const hopeless = (rateLimitAccepted: number, rateLimitRejected: number): Record<string, boolean> =>
      seen({ ...counts(rateLimitAccepted, rateLimitRejected), attemptErrors: { refused: rateLimitAccepted }, load })
    for (let seed = 0; seed < 20; seed++) {
      const bench = createBench({ rateLimit: raw }, seed)
      const loops = Array.from({ length: 4 }, () =>
        createOperation(bench, () => ({ afterNs: 2 * ms, outcome: failure('refused') })),
      )
      for (let at = 0; at < 1000; at++) {
        for (const { running, begin } of loops) if (!running()) begin()
        await bench.clock.advance(ms)
      }
      const { rateLimitAccepted = 0, rateLimitRejected = 0 } = bench.client.counters()
      expect(rateLimitRejected).toBeGreaterThan(3500)
      expect(hopeless(rateLimitAccepted, rateLimitRejected)).toEqual({
        refusedOperations: true,
        rateLimitAccepted: true,
      })
    }
    expect(hopeless(2000, 2000)).toMatchObject({ rateLimitAccepted: false })
  })

  it.each<[string, Partial<EffectFacts>, readonly string[]]>([
    ['some of it was taken on', { allAttempts: 1001 }, []],
    ['it may have been', { attemptErrors: { status: 1000 } }, []],
    ['another policy is in the way', {}, ['retry']],
    ['users have any number in flight', { load: { ...factsOf({}).load, scripted: true } }, []],
  ])('is not known where %s', (_what, facts, others) => {
    expect(seen({ ...counts(1000, 1000), attemptErrors: { refused: 1000 }, ...facts }, others)).not.toHaveProperty(
      'rateLimitAccepted',
    )
  })

  it('has a bound of arithmetic: what is in flight, the logarithm of what is asked, and chance', () => {
    const load = { ...factsOf({}).load, processes: 1, inFlight: 3, slices: 1, sliceNs: 1 }
    const facts = factsOf({ ...counts(9, 90), attemptErrors: { refused: 9 }, load })
    const context = { injectedShare: 1, backgroundShare: 0, idempotentShare: 1, others: [], facts }
    const mean = Math.log(100)
    const chance = Math.log(1e4)
    const most = 3 + mean + chance / 3 + Math.sqrt(chance ** 2 / 9 + 2 * chance * mean)
    expect(rateLimit.expect(rateLimit.parse(raw), context)).toContainEqual(
      effectOf('rateLimitAccepted', 'calls', [0, most], 9),
    )
  })
})
