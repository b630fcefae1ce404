import { describe, expect, it } from 'vitest'
import { createRng } from '../../../harness/kernel/rng.ts'
import type { EffectFacts } from '../../../harness/measure/effect.ts'
import { checkClient } from '../../../harness/resilience/checked-client.ts'
import { failure, success } from '../../../harness/resilience/outcome.ts'
import type { PolicyContext } from '../../../harness/resilience/policy.ts'
import { timeout } from '../../../harness/resilience/timeout.ts'
import { factsOf } from '../../support/facts.ts'
import { createOperation, ms } from '../../support/fake-attempts.ts'

describe('a timeout', () => {
  it('ends an attempt that takes longer', async () => {
    const { begin, record, clock, client, wheel } = createOperation({ timeout: { attempt: '20ms' } }, () => ({
      afterNs: 0,
    }))
    begin()
    await clock.advance(100 * ms)
    expect(record).toMatchObject({ cancelsMs: [20], inFlight: 0, ends: [{ outcome: failure('timeout'), atMs: 20 }] })
    expect(client.counters()).toEqual({ timeouts: 1 })
    expect(wheel.size).toBe(0)
  })

  it('does not touch one that is faster, and leaves no timer', async () => {
    const { begin, record, clock, client, wheel } = createOperation({ timeout: { attempt: '20ms' } }, () => ({
      afterNs: 19 * ms,
      outcome: success,
    }))
    begin()
    await clock.advance(19 * ms)
    expect(record.ends).toEqual([{ outcome: success, atMs: 19 }])
    expect(wheel.size).toBe(0)
    await clock.advance(100 * ms)
    expect(record.ends).toHaveLength(1)
    expect(client.counters()).toEqual({ timeouts: 0 })
  })

  it('passes failures on as they are', async () => {
    const { begin, record, clock } = createOperation({ timeout: { operation: '20ms' } }, () => ({
      afterNs: ms,
      outcome: failure('refused'),
    }))
    begin()
    await clock.advance(ms)
    expect(record.ends).toEqual([{ outcome: failure('refused'), atMs: 1 }])
  })

  it('counts anew for each operation', async () => {
    const { begin, record, clock } = createOperation({ timeout: { operation: '20ms' } }, (call) =>
      call === 1 ? { afterNs: 15 * ms, outcome: success } : { afterNs: 0 },
    )
    begin()
    await clock.advance(15 * ms)
    begin()
    await clock.advance(100 * ms)
    expect(record.ends.map(({ atMs }) => atMs)).toEqual([15, 35])
  })
})

describe('the settings of a timeout', () => {
  const problemsOf = (timeout: object) => checkClient({ timeout }).problems.map(({ where }) => where)

  it.each([{ attempt: '1ns' }, { operation: '1s' }, { attempt: '999ms', operation: '1s' }])('may be %j', (timeout) => {
    expect(problemsOf(timeout)).toEqual([])
  })

  it.each([
    [{}, '/timeout'],
    [{ attempt: '0ms' }, '/timeout/attempt'],
    [{ operation: '0s' }, '/timeout/operation'],
    [{ attempt: '1s', operation: '1000ms' }, '/timeout/attempt'],
    [{ attempt: '2s', operation: '1s' }, '/timeout/attempt'],
    [{ total: '2s' }, '/timeout/total'],
  ])('may not be %j, and the problem says where (H1)', (timeout, where) => {
    expect(problemsOf(timeout)).toEqual([where])
  })
})

describe('what a timeout should do', () => {
  const share = { lo: 0.05, hi: 0.05 }
  /** What is asked of a timeout of 100 ms around attempts of which a twentieth is late. */
  const all = (changes: Partial<PolicyContext>, facts: Partial<EffectFacts>) =>
    timeout.expect(timeout.parse('100ms'), {
      injectedShare: 0,
      backgroundShare: 0,
      idempotentShare: 1,
      late: () => share,
      others: [],
      around: [],
      facts: factsOf({ allAttempts: 2000, ...facts }),
      ...changes,
    })
  /** The band of so many timeouts among 2000 attempts; null where none is asked for. */
  const asked = (timeouts: number, changes: Partial<PolicyContext> = {}, facts: Partial<EffectFacts> = {}) => {
    const [effect = null] = all(changes, { policyCounters: { timeouts }, cancelled: timeouts, ...facts })
    return effect
  }

  it.each([
    [0, false],
    [40, false],
    [100, true],
    [160, false],
    [2000, false],
  ])('is to end the attempts that are late: %i of 2000 where a twentieth is, which is right: %s', (timeouts, ok) => {
    expect(asked(timeouts)).toMatchObject({ metric: 'timeouts', observed: timeouts / 2000, ok })
  })

  it('holds what simulated attempts do', () => {
    const rng = createRng(5)
    for (let run = 0; run < 200; run++) {
      const late = Array.from({ length: 2000 }, () => rng.next()).filter((drawn) => drawn < 0.05).length
      expect(asked(late)?.ok).toBe(true)
    }
  })

  it('asks for its own limit', () => {
    const limits: number[] = []
    asked(100, { late: (limitNs) => (limits.push(limitNs), share) })
    expect(limits).toEqual([100 * ms])
  })

  it.each([
    ['nobody knows how many are late', { late: () => null }],
    ['nobody says', { late: undefined }],
    ['any number may be late', { late: () => ({ lo: 0, hi: 1 }) }],
    ['something waits inside', { others: ['pool'], around: [] }],
    ['another timeout counts as well', { others: ['timeout'], around: ['timeout'] }],
    ['others choose among attempts by how long they take', { others: ['hedge'], around: ['hedge'] }],
  ])('is not known where %s', (_where, changes) => {
    expect(asked(0, changes as Partial<PolicyContext>)).toBeNull()
  })

  it('is that no fewer end under other policies, which may have more of them come late', () => {
    for (const other of ['retry', 'bulkhead', 'rateLimit', 'concurrencyLimit']) {
      const context = { others: [other], around: [other] }
      expect([asked(40, context)?.ok, asked(100, context)?.ok, asked(1900, context)?.ok]).toEqual([false, true, true])
    }
  })

  it('leaves room for attempts that were cut off, where it may not have been their time', () => {
    const load = { ...factsOf({}).load, drainNs: 50 * ms }
    const retried = { others: ['retry'], around: ['retry'] }
    // Of 63 that are asked for, 8 may have been in flight at the ends of two slices.
    const cut = { cancelled: 57 + 8 }
    expect([asked(57, {}, cut)?.ok, asked(57, {}, { ...cut, load })?.ok, asked(57, retried, cut)?.ok]).toEqual([
      false,
      true,
      true,
    ])
    const many = { cancelled: 500, load }
    expect([asked(0, {}, many)?.ok, asked(0, retried, many)?.ok]).toEqual([false, false])
    expect(asked(0, retried, { ...many, load: { ...load, scripted: true } })).toBeNull()
  })

  it('leaves room for attempts that fail before, and for a moment in which all that are in flight are late', () => {
    expect([asked(62)?.ok, asked(50, { backgroundShare: 0.2 })?.ok]).toEqual([false, true])
    expect([asked(145)?.ok, asked(145, {}, { load: { ...factsOf({}).load, inFlight: 40 } })?.ok]).toEqual([false, true])
  })

  it.each([
    [100, true],
    [119, true],
    [98, false],
    [10, false],
    [121, false],
    [1000, false],
  ])('is to end them at its limit of 100 ms: half of them after %i ms is right: %s', (failedP50Ms, ok) => {
    const failures = { policyCounters: { timeouts: 95 }, errors: { timeout: 95, reset: 5 }, timedFailures: 50 }
    const lengthOf = (changes: Partial<PolicyContext>, facts: Partial<EffectFacts>) =>
      all(changes, { failedP50Ms, ...failures, ...facts }).find(({ metric }) => metric === 'failedP50')
    expect(lengthOf({ late: () => null }, {})).toMatchObject({ ok })
    // Not where something else failed, or was waited for, and of a few only.
    expect(lengthOf({}, { errors: { timeout: 95, reset: 30 } })).toBeUndefined()
    expect(lengthOf({ others: ['retry'], around: ['retry'] }, {})).toBeUndefined()
    expect(lengthOf({}, { timedFailures: 19 })).toBeUndefined()
  })

  it('was not seen where there was no attempt', () => {
    expect(asked(0, {}, { allAttempts: 0 })).toMatchObject({ ok: false, observed: null })
  })
})
