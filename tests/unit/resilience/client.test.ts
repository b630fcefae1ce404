import { describe, expect, it } from 'vitest'
import { TimerWheel } from '../../../harness/kernel/timer-wheel.ts'
import { createVirtualClock } from '../../../harness/kernel/virtual-clock.ts'
import { createRng } from '../../../harness/kernel/rng.ts'
import { Client, clientEffects } from '../../../harness/resilience/client.ts'
import { parseClient, type RawPolicies } from '../../../harness/resilience/settings.ts'
import { success } from '../../../harness/resilience/outcome.ts'
import { factsOf } from '../../support/facts.ts'
import { createBench, createOperation, ms } from '../../support/fake-attempts.ts'

const options = () => ({ wheel: new TimerWheel(createVirtualClock()), rng: createRng(1) })

describe('the policies of a client', () => {
  it('may stand in any order where they are a list, outermost first', () => {
    const policies = parseClient([{ timeout: { attempt: '1s' } }, { retry: {} }, { timeout: { operation: '3s' } }])
    expect(policies.map(({ keyword }) => keyword)).toEqual(['timeout', 'retry', 'timeout'])
  })

  it("are ordered: the operation's timeout, retry, the attempt's timeout", () => {
    const policies = parseClient({ retry: {}, timeout: { attempt: '1s', operation: '3s' } })
    expect(policies.map(({ keyword, settings }) => [keyword, (settings as { limitNs?: number }).limitNs])).toEqual([
      ['timeout', 3e9],
      ['retry', undefined],
      ['timeout', 1e9],
    ])
  })

  it('are none where none is named', () => {
    expect(parseClient({})).toEqual([])
  })

  it('can be sent to another process, and open there', () => {
    const policies = structuredClone(parseClient({ retry: { strategy: 'fixed' }, timeout: { attempt: '1s' } }))
    const client = new Client(policies, options())
    expect(client.counters()).toMatchObject({ retries: 0, exhausted: 0, timeouts: 0 })
  })

  it.each([
    [{ bulkhead: { maxConcurrent: 2 } }, { bulkheadPeak: 2, bulkheadQueuePeak: 1 }],
    [
      { concurrencyLimit: { initial: 2, min: 2, max: 2, maxQueue: 1 } },
      { concurrencyPeak: 2, concurrencyQueuePeak: 1, concurrencyLimitPeak: 2 },
    ],
    [{ rateLimit: { rate: '1/s', burst: 2, maxWait: '1s' } }, { rateLimitQueuePeak: 1 }],
  ] as const)('of %j tell as a peak also what has lasted since before they were last asked', (raw, peaks) => {
    const bench = createBench(raw)
    const operations = [1, 2, 3].map(() => createOperation(bench, () => ({ afterNs: 100 * ms, outcome: success })))
    for (const { begin } of operations) begin()
    expect([bench.client.takePeaks(), bench.client.takePeaks()]).toEqual([peaks, peaks])
    for (const { abort } of operations) abort()
    bench.client.takePeaks()
    expect(Object.values(bench.client.takePeaks()).filter((peak) => peak > 0)).toHaveLength(
      'concurrencyLimit' in raw ? 1 : 0,
    )
  })

  it('are refused when nobody knows them', () => {
    expect(() => new Client([{ keyword: 'hope', settings: {} }], options())).toThrow(/hope/u)
  })

  it('expect together what each of them expects', () => {
    const policies = parseClient({ retry: { maxCalls: 3 }, timeout: { attempt: '1s' } })
    const effects = clientEffects(policies, {
      injectedShare: 0,
      backgroundShare: 0,
      idempotentShare: 1,
      facts: factsOf({}),
    })
    expect(effects.map(({ metric, ok }) => [metric, ok])).toEqual([
      ['errorRate', true],
      ['attemptsPerOperation', true],
    ])
  })

  it.each([
    ['a bulkhead', { bulkhead: { maxConcurrent: 2 } }, { bulkhead: { maxConcurrent: 10 } }],
    ['a retry', { retry: { maxCalls: 2 } }, { retry: { maxCalls: 9 } }],
  ])('do not ask %s for what another one besides has done', (_, own, other) => {
    const facts = factsOf({
      operations: 1000,
      attempts: 5000,
      failedOperations: 10,
      policyPeaks: { bulkheadPeak: 10 },
    })
    const failing = (...policies: RawPolicies[]) =>
      clientEffects(parseClient(policies), { injectedShare: 0.5, backgroundShare: 0, idempotentShare: 1, facts })
        .filter(({ ok }) => !ok)
        .map(({ metric }) => metric)
    expect(failing(own)).not.toEqual([])
    expect(failing(own, other)).toEqual([])
  })
})
