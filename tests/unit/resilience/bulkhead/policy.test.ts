import { describe, expect, it } from 'vitest'
import { createRng } from '../../../../harness/kernel/rng.ts'
import { bulkhead, openBulkhead } from '../../../../harness/resilience/bulkhead/policy.ts'
import { failure, success } from '../../../../harness/resilience/outcome.ts'
import { PolicyLog } from '../../../../harness/resilience/policy-log.ts'
import type { RawClient } from '../../../../harness/resilience/settings.ts'
import { factsOf } from '../../../support/facts.ts'
import { createBench, createOperation, ms, type ScriptedAttempt } from '../../../support/fake-attempts.ts'

const refused = failure('bulkhead-rejected')
const work: ScriptedAttempt = { afterNs: 100 * ms, outcome: success }

/** Operations of one client that begin at once, each with the script of its number. */
function many(client: RawClient, count: number, script: (number: number) => ScriptedAttempt = () => work) {
  const bench = createBench(client)
  const operations = Array.from({ length: count }, (_, number) => createOperation(bench, () => script(number)))
  const ends = () => operations.map(({ record }) => record.ends.map(({ outcome, atMs }) => ({ outcome, atMs }))[0])
  return { ...bench, operations, ends }
}

describe('a bulkhead', () => {
  it('of 10 slots and 5 places runs 10 of 20 calls, lets 5 wait, and refuses 5 at once (S14, P66, P49)', async () => {
    const { operations, ends, clock, client, wheel } = many({ bulkhead: { maxQueue: 5 } }, 20)
    for (const { begin } of operations) begin()
    expect(operations.filter(({ record }) => record.attemptsMs.length === 1)).toHaveLength(10)
    expect(ends().slice(15)).toEqual(Array.from({ length: 5 }, () => ({ outcome: refused, atMs: 0 })))
    await clock.advance(1000 * ms)
    expect(ends().slice(0, 15)).toEqual([
      ...Array.from({ length: 10 }, () => ({ outcome: success, atMs: 100 })),
      ...Array.from({ length: 5 }, () => ({ outcome: success, atMs: 200 })),
    ])
    expect(client.counters()).toEqual({
      bulkheadAccepted: 15,
      bulkheadRejected: 5,
      bulkheadTimedOut: 0,
      bulkheadQueued: 5,
      bulkheadAbandoned: 0,
    })
    expect(client.takePeaks()).toEqual({ bulkheadPeak: 10, bulkheadQueuePeak: 5 })
    expect(client.takePeaks()).toEqual({ bulkheadPeak: 0, bulkheadQueuePeak: 0 })
    expect(wheel.size).toBe(0)
  })

  it('lets in who waits at the moment at which a slot is free, in order (P44)', async () => {
    const { operations, clock } = many({ bulkhead: { maxConcurrent: 1 } }, 5, (number) => ({
      afterNs: (number + 1) * 7 * ms + 1,
      outcome: success,
    }))
    for (const { begin } of operations) begin()
    await clock.advance(1000 * ms)
    const begins = operations.map(({ record }) => record.attemptsMs[0]! * ms)
    expect(begins).toEqual([0, 7 * ms + 1, 21 * ms + 2, 42 * ms + 3, 70 * ms + 4])
  })

  it('refuses who has waited too long, and leaves the others their turn', async () => {
    const { operations, ends, clock, client } = many({ bulkhead: { maxConcurrent: 1, maxWait: '50ms' } }, 2)
    for (const { begin } of operations) begin()
    await clock.advance(60 * ms)
    const late = createOperation({ clock, wheel: operations[0]!.wheel, client }, () => work)
    late.begin()
    await clock.advance(1000 * ms)
    expect(ends()).toEqual([
      { outcome: success, atMs: 100 },
      { outcome: refused, atMs: 50 },
    ])
    expect(late.record.attemptsMs).toEqual([100])
    expect(client.counters()).toMatchObject({ bulkheadTimedOut: 1, bulkheadAccepted: 2, bulkheadRejected: 0 })
  })

  it('bounds the wait by the timeout around it, which holds for queue and work together (P68)', async () => {
    const client: RawClient = { timeout: { operation: '150ms' }, bulkhead: { maxConcurrent: 1 } }
    const { operations, ends, clock } = many(client, 3)
    for (const { begin } of operations) begin()
    await clock.advance(1000 * ms)
    expect(ends()).toEqual([
      { outcome: success, atMs: 100 },
      { outcome: failure('timeout'), atMs: 150 },
      { outcome: failure('timeout'), atMs: 150 },
    ])
    // The third was given up while it waited: it never ran.
    expect(operations.map(({ record }) => record.attemptsMs)).toEqual([[0], [100], []])
  })

  it('does not run what nobody waits for any more', async () => {
    const bench = createBench({ bulkhead: { maxConcurrent: 1 } })
    const holder = createOperation(bench, () => work)
    holder.begin()
    const seen: unknown[] = []
    const step = bench.client.operation({
      rng: createRng(1),
      owner: { ended: (outcome) => seen.push(outcome) },
      attempt: () => ({ begin: () => seen.push('begun'), cancel: () => null }),
    })
    step.begin({ ...holder.call, deadlineNs: 99 * ms }, 0)
    await bench.clock.advance(1000 * ms)
    expect(seen).toEqual([refused])
    expect(bench.client.counters()).toMatchObject({ bulkheadTimedOut: 1, bulkheadAccepted: 1 })
    expect(bench.wheel.size).toBe(0)
  })

  it.each([
    ['an error', { afterNs: 10 * ms, outcome: failure('reset') }],
    ['a timeout', { afterNs: 0 }],
  ])('gives the slot on after %s', async (_what, first) => {
    const client: RawClient = { bulkhead: { maxConcurrent: 1 }, timeout: { attempt: '10ms' } }
    const { operations, clock } = many(client, 2, (number) => (number === 0 ? first : { ...work, afterNs: ms }))
    for (const { begin } of operations) begin()
    await clock.advance(1000 * ms)
    expect(operations[1]!.record.attemptsMs).toEqual([10])
  })

  it('gives the slot on after an abort, and takes who is aborted while it waits out of the line at once', async () => {
    const { operations, clock, client } = many({ bulkhead: { maxConcurrent: 1, maxQueue: 2 } }, 4)
    for (const { begin } of operations.slice(0, 3)) begin()
    operations[1]!.abort()
    operations[3]!.begin()
    await clock.advance(20 * ms)
    operations[0]!.abort()
    await clock.advance(1000 * ms)
    expect(operations.map(({ record }) => record.attemptsMs)).toEqual([[0], [], [20], [120]])
    expect(client.counters()).toMatchObject({ bulkheadAbandoned: 1, bulkheadRejected: 0, bulkheadAccepted: 3 })
  })

  it('holds a slot until the work has really stopped, also while the operation begins anew (P68)', async () => {
    const { operations, clock, client } = many({ bulkhead: { maxConcurrent: 1 } }, 2, () => ({
      ...work,
      lingersNs: 500 * ms,
    }))
    const [first, second] = operations
    first!.begin()
    await clock.advance(10 * ms)
    first!.abort()
    first!.begin()
    second!.begin()
    await clock.advance(400 * ms)
    expect(first!.record.attemptsMs).toEqual([0])
    await clock.advance(1000 * ms)
    expect(first!.record.attemptsMs).toEqual([0, 510])
    expect(second!.record.attemptsMs).toEqual([610])
    expect(client.takePeaks()).toMatchObject({ bulkheadPeak: 1 })
  })

  it('keeps a slow request from taking the slots of a fast one (S14)', async () => {
    const slow: ScriptedAttempt = { afterNs: 10_000 * ms, outcome: success }
    const begin = async (bulkheadSettings: object) => {
      const bench = createBench({ bulkhead: { maxConcurrent: 2, ...bulkheadSettings } })
      for (let count = 0; count < 10; count++) createOperation(bench, () => slow).begin({ request: 'slow' })
      const fast = createOperation(bench, () => work)
      fast.begin({ request: 'fast' })
      await bench.clock.advance(1000 * ms)
      return fast.record.ends
    }
    expect(await begin({ per: 'request' })).toMatchObject([{ outcome: success, atMs: 100 }])
    expect(await begin({ per: 'client' })).toEqual([])
  })

  it('that is adaptive learns from the work, and from callers that waited until their deadline', async () => {
    const client: RawClient = { timeout: { operation: '10ms' }, bulkhead: { isolation: 'adaptive' } }
    const { operations, clock, client: opened } = many(client, 30, () => ({ afterNs: 0 }))
    for (const { begin } of operations) {
      begin()
      await clock.advance(20 * ms)
    }
    expect(opened.log.take().kept).toMatchObject([{ event: '8 slots' }])
  })

  it('never shows more than its slots to the target, and loses nobody, whatever happens', async () => {
    const rng = createRng(3)
    const bench = createBench({ bulkhead: { maxConcurrent: 4, maxQueue: 50, maxWait: '40ms' } })
    let atWork = 0
    let most = 0
    const operations = Array.from({ length: 300 }, () => {
      const lasts = Math.floor(rng.next() * 30 * ms)
      const of = createOperation(bench, () => ({
        afterNs: lasts,
        outcome: rng.next() < 0.5 ? success : failure('reset'),
      }))
      bench.clock.after(Math.floor(rng.next() * 1000 * ms), () => of.begin())
      if (rng.next() < 0.2) bench.clock.after(Math.floor(rng.next() * 1000 * ms), () => of.abort())
      return of
    })
    for (let at = 0; at < 1200; at++) {
      await bench.clock.advance(ms)
      atWork = operations.reduce((sum, { record }) => sum + record.inFlight, 0)
      most = Math.max(most, atWork)
    }
    expect(most).toBe(4)
    expect(bench.client.takePeaks()['bulkheadPeak']).toBe(4)
    for (const { record } of operations) expect(record.ends).toHaveLength(1)
    const {
      bulkheadAccepted = 0,
      bulkheadRejected = 0,
      bulkheadTimedOut = 0,
      bulkheadAbandoned = 0,
    } = bench.client.counters()
    expect(bulkheadAccepted + bulkheadRejected + bulkheadTimedOut + bulkheadAbandoned).toBe(300)
    expect(bulkheadAccepted).toBe(operations.reduce((sum, { record }) => sum + record.attemptsMs.length, 0))
  })
})

describe('what a bulkhead is expected to show', () => {
  const settings = bulkhead.parse({ maxConcurrent: 4 })
  const context = (policyCounters: Record<string, number>, policyPeaks: Record<string, number>, inFlight = 4) => ({
    injectedShare: 0,
    backgroundShare: 0,
    idempotentShare: 1,
    others: [] as readonly string[],
    facts: factsOf({
      policyCounters,
      policyPeaks,
      load: { ...factsOf({}).load, processes: 2, inFlight },
    }),
  })

  it('is no more at work than it lets, over all processes', () => {
    const counters = { bulkheadRejected: 3, bulkheadQueued: 9 }
    expect(bulkhead.expect(settings, context(counters, { bulkheadPeak: 8 }, 40))).toMatchObject([
      { metric: 'bulkheadPeak', hi: 8, ok: true },
    ])
    expect(bulkhead.expect(settings, context(counters, { bulkheadPeak: 9 }, 40))).toMatchObject([{ ok: false }])
  })

  it('is that nobody waits or is refused where there is a slot for each, unless others multiply the calls', () => {
    const counters = { bulkheadRejected: 1, bulkheadQueued: 0 }
    const seen = context(counters, { bulkheadPeak: 4 })
    expect(bulkhead.expect(settings, seen)).toMatchObject([{ ok: true }, { ok: false }, { ok: true }])
    expect(bulkhead.expect(settings, { ...seen, others: ['hedge'] })).toHaveLength(1)
  })

  it('is not known beside a second one, which counts under the same names', () => {
    const seen = { ...context({}, { bulkheadPeak: 99 }), others: ['bulkhead'] }
    expect(bulkhead.expect(settings, seen)).toEqual([])
  })
})

describe('an open bulkhead', () => {
  it('says of its compartments how they fare', () => {
    const { bulkhead: core } = openBulkhead(bulkhead.parse({}), new PolicyLog())
    expect(core.stats()).toEqual([])
  })
})
