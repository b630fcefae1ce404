import { describe, expect, it } from 'vitest'
import { failure, success } from '../../../../harness/resilience/outcome.ts'
import type { RawClient } from '../../../../harness/resilience/settings.ts'
import { createBench, createOperation, ms, type ScriptedAttempt } from '../../../support/fake-attempts.ts'

const never: ScriptedAttempt = { afterNs: 0 }
const fine: ScriptedAttempt = { afterNs: 10 * ms, outcome: success }
const failing = (error: Parameters<typeof failure>[0] = 'reset', status = 0): ScriptedAttempt => ({
  afterNs: 10 * ms,
  outcome: failure(error, status),
})
const everything: RawClient = {
  fallback: {
    timeout: '100ms',
    alternatives: [{ target: 'second', timeout: '50ms' }, 'third'],
    cache: { ttl: '1s', staleWhileError: '1s' },
    default: { body: 'sorry' },
  },
}

/** Runs one operation after the other on one client; what each came to, and where its attempts went. */
async function run(
  client: RawClient,
  operations: readonly {
    readonly script: readonly ScriptedAttempt[]
    readonly call?: object
    readonly thenMs?: number
  }[],
) {
  const bench = createBench(client)
  const ends: unknown[] = []
  for (const { script, call = {}, thenMs = 0 } of operations) {
    const one = createOperation(bench, (attempt) => script[attempt - 1] ?? never)
    const fromMs = bench.clock.nowNs() / ms
    one.begin(call)
    for (let waited = 0; one.running() && waited < 100_000; waited += 10) await bench.clock.advance(10 * ms)
    const { outcome, atMs } = one.record.ends[0]!
    ends.push([outcome.standIn ?? outcome.error ?? 'ok', atMs - fromMs, one.record.targets, one.record.answers])
    await bench.clock.advance(thenMs * ms)
  }
  expect(bench.wheel.size).toBe(0)
  return { ends, counters: bench.client.counters(), letters: bench.client.letters.take() }
}

describe('fallback', () => {
  it('asks the target, then the others in their order, and says which of them has answered (S15, S16)', async () => {
    const { ends, counters } = await run(everything, [
      { script: [fine] },
      { script: [failing(), fine] },
      { script: [failing(), failing('refused'), fine] },
    ])
    expect(ends).toEqual([
      ['ok', 10, [null], []],
      ['fallback', 20, [null, 'second'], []],
      ['fallback', 30, [null, 'second', 'third'], []],
    ])
    expect(counters).toMatchObject({
      fallbackAlternative: 2,
      'fallbackAnswered.second': 1,
      'fallbackAnswered.third': 1,
      fallbackCacheHits: 0,
      fallbackExhausted: 0,
    })
  })

  it('gives the target and each of the others a limit of its own: 30 s and 5 s where none is set (S15)', async () => {
    const { ends, counters } = await run({ fallback: { alternatives: ['second', 'third'], default: {} } }, [
      { script: [never, never, never] },
    ])
    expect(ends).toEqual([['default', 40_000, [null, 'second', 'third'], [{ status: 200, headers: {}, body: '' }]]])
    expect(counters).toMatchObject({ fallbackTimeouts: 3, fallbackDefaults: 1 })
  })

  it('gives the last good answer while it is fresh, then a stale one, then the default (S15)', async () => {
    const broken = [failing(), failing(), failing()]
    const { ends, counters } = await run(everything, [
      { script: broken },
      { script: [fine], thenMs: 900 },
      { script: broken, thenMs: 900 },
      { script: broken, thenMs: 900 },
      { script: broken },
    ])
    const targets = [null, 'second', 'third']
    const sorry = { status: 200, headers: {}, body: 'sorry' }
    expect(ends).toEqual([
      ['default', 30, targets, [sorry]],
      ['ok', 10, [null], []],
      ['cache', 30, targets, [1]],
      ['cache', 30, targets, [1]],
      ['default', 30, targets, [sorry]],
    ])
    expect(counters).toMatchObject({
      fallbackCacheHits: 2,
      fallbackStale: 1,
      fallbackCacheMisses: 2,
      fallbackDefaults: 2,
    })
  })

  it('passes on how the target failed when nothing is left (S15)', async () => {
    const { ends, counters } = await run({ fallback: { alternatives: ['second'] } }, [
      { script: [failing('status', 503), failing('refused')] },
    ])
    expect(ends).toEqual([['status', 20, [null, 'second'], []]])
    expect(counters).toMatchObject({ fallbackExhausted: 1 })
  })

  it('keeps answers of the target only, and by what was asked for (P74)', async () => {
    const { ends } = await run({ fallback: { alternatives: ['second'], cache: {} } }, [
      { script: [failing(), fine] },
      { script: [failing(), failing()] },
      { script: [fine], call: { request: 'other' } },
      { script: [failing(), failing()] },
      { script: [failing(), failing()], call: { request: 'other' } },
    ])
    expect(ends.map((end) => (end as unknown[])[0])).toEqual(['fallback', 'reset', 'ok', 'reset', 'cache'])
  })

  it('neither keeps nor makes up for what is not idempotent, unless it is told to ask others (P74, S20)', async () => {
    const write = { idempotent: false }
    const client = { alternatives: ['second'], cache: {}, default: {} }
    const calls = [
      { script: [fine], call: write },
      { script: [failing(), fine], call: write },
      { script: [failing(), failing()], call: write },
    ]
    const refused = await run({ fallback: client }, calls)
    expect(refused.ends.map((end) => (end as unknown[])[0])).toEqual(['ok', 'reset', 'reset'])
    expect(refused.counters).toMatchObject({ fallbackPassed: 2, fallbackCacheHits: 0 })
    const told = await run({ fallback: { ...client, nonIdempotent: true } }, calls)
    expect(told.ends.map((end) => (end as unknown[])[0])).toEqual(['ok', 'fallback', 'default'])
  })

  it('makes up for the failures that it is told of, by class or by status', async () => {
    const { ends, counters } = await run({ fallback: { on: ['timeout', 503], default: {} } }, [
      { script: [failing('timeout')] },
      { script: [failing('status', 503)] },
      { script: [failing('status', 404)] },
      { script: [failing('reset')] },
    ])
    expect(ends.map((end) => (end as unknown[])[0])).toEqual(['default', 'default', 'status', 'reset'])
    expect(counters).toMatchObject({ fallbackDefaults: 2, fallbackPassed: 2 })
  })

  it('asks others by one attempt each, past the policies that stand around the target', async () => {
    const { ends } = await run({ fallback: { alternatives: ['second'] }, timeout: { attempt: '5ms' } }, [
      { script: [never, fine] },
    ])
    expect(ends).toEqual([['fallback', 15, [null, 'second'], []]])
  })

  it('asks nobody else when the caller has gone', async () => {
    const client = [{ timeout: { operation: '50ms' } }, { fallback: { alternatives: ['second'], default: {} } }]
    const { ends } = await run(client, [{ script: [never] }])
    expect(ends).toEqual([['timeout', 50, [null], []]])
  })

  it('gives a fresh answer first where it is told to, and asks again once everything was forgotten', async () => {
    const { ends, counters } = await run({ fallback: { cache: { first: true, flushAt: ['100ms'] } } }, [
      { script: [fine], thenMs: 10 },
      { script: [fine], thenMs: 80 },
      { script: [fine] },
      { script: [fine] },
    ])
    expect(ends).toEqual([
      ['ok', 10, [null], []],
      ['cache', 0, [], [1]],
      ['ok', 10, [null], []],
      ['cache', 0, [], [1]],
    ])
    expect(counters).toMatchObject({ fallbackFlushes: 1, fallbackCacheHits: 2, fallbackCacheMisses: 2 })
  })
})

describe('dead letters of a fallback', () => {
  it('hold what no target has done, with why and after how many attempts (S16, S19)', async () => {
    const client = { fallback: { cache: {}, deadLetter: { maxEntries: 2 } } }
    const { counters, letters } = await run(client, [
      { script: [failing('status', 503)] },
      { script: [fine] },
      { script: [failing()] },
      { script: [failing('refused')], call: { request: 'buy', idempotent: false } },
      { script: [failing()], call: { request: 'buy', idempotent: false } },
    ])
    expect(letters).toEqual([
      {
        atNs: 10 * ms,
        request: 'hi',
        message: { request: 'hi' },
        idempotent: true,
        error: 'status',
        status: 503,
        attempts: 1,
      },
      {
        atNs: 40 * ms,
        request: 'buy',
        message: { request: 'buy' },
        idempotent: false,
        error: 'refused',
        status: 0,
        attempts: 1,
      },
    ])
    expect(counters).toMatchObject({ deadLetters: 2, deadLetterDropped: 1, fallbackCacheHits: 1 })
  })
})
