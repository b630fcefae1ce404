import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseBreaker } from '../../../../harness/resilience/breaker/settings.ts'
import { type BreakerEvent, BreakerPair } from '../../../support/breaker-pair.ts'

const pick = fc.nat(9)
const begin = fc.constant({ kind: 'begin' as const })
const wait = fc.oneof(fc.nat(12), fc.nat(300)).map((ms) => ({ kind: 'wait' as const, ms }))
const end = fc.record({ kind: fc.constant('end' as const), pick, ok: fc.boolean() })

const events: fc.Arbitrary<readonly BreakerEvent[]> = fc.array(
  fc.oneof(
    { weight: 40, arbitrary: begin },
    { weight: 35, arbitrary: end },
    { weight: 15, arbitrary: wait },
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('abandon' as const), pick }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('force' as const), state: fc.constantFrom('open', 'closed') }),
    },
    { weight: 3, arbitrary: fc.constant({ kind: 'reset' as const }) },
  ),
  { size: 'max', maxLength: 150 },
)

const raws = fc.record(
  {
    failureThreshold: fc.option(fc.integer({ min: 1, max: 6 })),
    failureRate: fc.option(fc.constantFrom('30%', '50%', '100%')),
    minimumCalls: fc.integer({ min: 1, max: 4 }),
    window: fc.constantFrom('100ms', '37ms', 4, 10),
    slowCall: fc.constantFrom({ longerThan: '10ms' }, { longerThan: '5ms', rate: '100%' }),
    openFor: fc.constantFrom('20ms', '100ms'),
    successThreshold: fc.integer({ min: 1, max: 4 }),
    halfOpen: fc.record(
      { probes: fc.integer({ min: 1, max: 6 }), lease: fc.constantFrom('5ms', '50ms') },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ['openFor'] },
)

describe('a breaker under random events', () => {
  it('goes as the plain model does, step by step (S11)', () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(raws, events, (raw, sequence) => {
        const pair = new BreakerPair(parseBreaker(raw))
        for (const event of sequence) {
          pair.apply(event)
          expect(pair.real()).toEqual(pair.model())
        }
        for (const state of pair.told) seen.add(state)
      }),
      { seed: 8, numRuns: 100 },
    )
    expect(seen).toEqual(new Set(['open', 'half-open', 'closed']))
  })
})
