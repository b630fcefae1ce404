import { describe, expect, it } from 'vitest'
import { clientEffects } from '../../../../harness/resilience/client.ts'
import { parseClient, type RawClient } from '../../../../harness/resilience/settings.ts'
import { factsOf } from '../../../support/facts.ts'

function seen(client: RawClient, facts: Parameters<typeof factsOf>[0], injectedShare = 0.2): Record<string, boolean> {
  const context = { injectedShare, backgroundShare: 0.001, idempotentShare: 1, facts: factsOf(facts) }
  return Object.fromEntries(clientEffects(parseClient(client), context).map(({ metric, ok }) => [metric, ok]))
}

const sorry: RawClient = { fallback: { default: {} } }
const all = { degradedOperations: 200, allDegraded: 260, policyCounters: { fallbackDefaults: 260 } }

describe('the effect of a fallback', () => {
  it('is that it answers for the share that fails, and that every such answer is counted as degraded', () => {
    expect(seen(sorry, all)).toEqual({ degradedAnswers: true, madeUpFor: true, errorRate: true })
    expect(seen({ fallback: { alternatives: ['b'] } }, all)).toEqual({ degradedAnswers: true, madeUpFor: true })
  })

  it('is missed where answers are not counted, where none is given, or where failures pass', () => {
    expect(seen(sorry, { ...all, allDegraded: 200 })).toMatchObject({ degradedAnswers: false })
    expect(seen(sorry, {})).toMatchObject({ madeUpFor: false })
    const passing = { degradedOperations: 100, failedOperations: 100, allDegraded: 100 }
    expect(seen(sorry, { ...passing, policyCounters: { fallbackDefaults: 100 } })).toMatchObject({ errorRate: false })
  })

  it('is to do nothing where nothing fails', () => {
    expect(seen(sorry, {}, 0)).toEqual({ degradedAnswers: true, madeUpFor: true, errorRate: true })
    expect(seen(sorry, all, 0)).toMatchObject({ madeUpFor: false })
  })

  it('is known by its counts alone where other policies change how much fails', () => {
    const client = { fallback: { alternatives: ['b'] }, timeout: { attempt: '1s' } }
    expect(Object.keys(seen(client, all))).toEqual(['degradedAnswers'])
  })

  it('is not that nothing fails where what stands around it may refuse', () => {
    const { fallback } = sorry as { readonly fallback: unknown }
    expect(seen([{ fallback }, { timeout: { attempt: '1s' } }], all)).toHaveProperty('errorRate')
    expect(seen([{ timeout: { operation: '1s' } }, { fallback }], all)).not.toHaveProperty('errorRate')
  })
})
