import { describe, expect, it } from 'vitest'
import type { EffectFacts } from '../../../../harness/measure/effect.ts'
import { circuitBreaker } from '../../../../harness/resilience/breaker/circuit-breaker.ts'
import type { RawBreaker } from '../../../../harness/resilience/breaker/settings.ts'
import { factsOf } from '../../../support/facts.ts'

interface Seen {
  readonly raw?: RawBreaker
  readonly injectedShare?: number
  readonly others?: readonly string[]
  readonly facts?: Partial<EffectFacts>
}

/** By metric: whether it is as it should be. */
function seen({ raw = {}, injectedShare = 0, others = [], facts = {} }: Seen): Record<string, boolean> {
  const context = { injectedShare, backgroundShare: 0, idempotentShare: 1, others, facts: factsOf(facts) }
  return Object.fromEntries(
    circuitBreaker.expect(circuitBreaker.parse(raw), context).map(({ metric, ok }) => [metric, ok]),
  )
}

/** Two slices of a second each, in one process with four loops; open for 100 ms at a time. */
const raw = { openFor: '100ms' }
const refusals = (refused: number, attempts: number): Partial<EffectFacts> => ({
  operations: refused,
  failedOperations: refused,
  attemptErrors: { refused: attempts },
  errors: { refused: attempts, 'circuit-open': refused },
  allAttempts: attempts,
  failedP99Ms: 0.01,
  timedFailures: refused,
  policyCounters: { circuitOpened: 20, circuitRejected: refused },
})

describe('what a breaker should do without a fault', () => {
  it('is nothing', () => {
    const quiet = { policyCounters: { circuitOpened: 0, circuitRejected: 0 } }
    expect(seen({ facts: quiet })).toEqual({ circuitOpened: true, circuitRejected: true, refusedOperations: true })
  })

  it('is not to open or to refuse', () => {
    const broken = { policyCounters: { circuitOpened: 1, circuitRejected: 7 }, errors: { 'circuit-open': 7 } }
    expect(seen({ facts: broken })).toMatchObject({ circuitOpened: false, circuitRejected: false })
  })

  it('is not to refuse what it does not count', () => {
    expect(seen({ facts: { errors: { 'circuit-open': 7 } } })).toMatchObject({ refusedOperations: false })
  })

  it.each([
    [4, 1, false],
    [5, 1, true],
    [5, 2, false],
    [6, 2, true],
  ])('with %i failures of the target by itself is to open at most as often: %i times is right: %s', (...row) => {
    const [failures, circuitOpened, ok] = row
    const facts = { attemptErrors: { reset: failures }, policyCounters: { circuitOpened } }
    expect(seen({ facts })['circuitOpened']).toBe(ok)
  })

  it('takes slow calls and timeouts for failures too', () => {
    const facts = { cancelled: 1, policyCounters: { circuitOpened: 1, circuitSlow: 2, timeouts: 2 } }
    expect(seen({ facts })['circuitOpened']).toBe(true)
  })

  it('is not known beside a policy of the user, or a second breaker', () => {
    expect(seen({ others: ['use'] })).toEqual({})
    expect(seen({ others: ['circuitBreaker'] })).toEqual({})
  })
})

describe('what a breaker should do while everything fails', () => {
  it('is to open, to refuse in no time and to let only probes through', () => {
    expect(seen({ raw, injectedShare: 1, facts: refusals(8000, 9 + 19 * 3) })).toEqual({
      circuitOpened: true,
      refusedOperations: true,
      attempts: true,
      failedP99: true,
    })
  })

  it('is not seen of one that never opens', () => {
    const facts = {
      attemptErrors: { refused: 5000 },
      errors: { refused: 5000 },
      allAttempts: 5000,
      policyCounters: { circuitOpened: 0 },
    }
    expect(seen({ raw, injectedShare: 1, facts })).toMatchObject({ circuitOpened: false, attempts: false })
  })

  it('is not seen of one that lets more through, or takes its time', () => {
    const facts = { ...refusals(8000, 200), failedP99Ms: 6 }
    expect(seen({ raw, injectedShare: 1, facts })).toMatchObject({ circuitOpened: true, attempts: false })
    const slow = { ...refusals(100_000, 60), failedP99Ms: 6 }
    expect(seen({ raw, injectedShare: 1, facts: slow })).toMatchObject({ attempts: true, failedP99: false })
  })

  it('has no bound on attempts where users of a script may have any number in flight', () => {
    const facts = refusals(100_000, 200)
    const scripted = { ...factsOf({}).load, scripted: true }
    expect(seen({ raw, injectedShare: 1, facts })['attempts']).toBe(false)
    expect(seen({ raw, injectedShare: 1, facts: { ...facts, load: scripted } })).toEqual({
      circuitOpened: true,
      refusedOperations: true,
      failedP99: true,
    })
  })

  it('is not asked where it may not have seen enough, or another policy is in the way', () => {
    const few = { attemptErrors: { refused: 8 }, errors: { refused: 8 }, allAttempts: 8 }
    expect(seen({ raw, injectedShare: 1, facts: few })).toMatchObject({ circuitOpened: true })
    const many = { attemptErrors: { refused: 5000 }, errors: { refused: 5000 }, allAttempts: 5000 }
    expect(seen({ raw, injectedShare: 1, others: ['retry'], facts: many })).toMatchObject({ circuitOpened: true })
    expect(seen({ raw: { ...raw, per: 'request' }, injectedShare: 1, facts: many })['attempts']).toBeUndefined()
    expect(seen({ raw: { countAs: { statuses: [503] } }, injectedShare: 1, facts: many })['attempts']).toBeUndefined()
  })
})
