import { describe, expect, it } from 'vitest'
import { createRng } from '../../../../harness/kernel/rng.ts'
import { rateLimit } from '../../../../harness/resilience/limiter/rate-limit.ts'
import { failure, success } from '../../../../harness/resilience/outcome.ts'
import type { RawClient } from '../../../../harness/resilience/settings.ts'
import { factsOf } from '../../../support/facts.ts'
import { createBench, createOperation, ms, type ScriptedAttempt } from '../../../support/fake-attempts.ts'

const refused = failure('rate-limited')
const work: ScriptedAttempt = { afterNs: ms, outcome: success }

/** Operations of one client that begin at once. */
async function begun(client: RawClient, count: number, script = (): ScriptedAttempt => work) {
  const bench = createBench(client)
  const operations = Array.from({ length: count }, () => createOperation(bench, script))
  for (const { begin } of operations) begin()
  await bench.clock.advance(0)
  const attempts = () => operations.map(({ record }) => record.attemptsMs[0] ?? null)
  return { ...bench, operations, attempts }
}

describe('a rate limit', () => {
  it('refuses at once what may not pass at once (P49, S19)', async () => {
    const { operations, attempts, client, wheel } = await begun({ rateLimit: { rate: '100/s', burst: 2 } }, 4)
    expect(attempts()).toEqual([0, 0, null, null])
    expect(operations[3]!.record.ends).toEqual([{ outcome: refused, atMs: 0 }])
    expect(client.counters()).toEqual({
      rateLimitAccepted: 2,
      rateLimitRejected: 2,
      rateLimitTimedOut: 0,
      rateLimitQueued: 0,
      rateLimitAbandoned: 0,
      rateLimitRaised: 0,
      rateLimitCut: 0,
    })
    expect(wheel.size).toBe(0)
  })

  it('gives each of those who wait a turn of its own, in order, and refuses who would wait too long (P33, P44)', async () => {
    const { clock, attempts, client, wheel } = await begun(
      { rateLimit: { rate: '100/s', burst: 1, maxWait: '30ms' } },
      6,
    )
    await clock.advance(1000 * ms)
    expect(attempts()).toEqual([0, 10, 20, 30, null, null])
    expect(client.counters()).toMatchObject({ rateLimitQueued: 3, rateLimitRejected: 2, rateLimitTimedOut: 0 })
    expect(client.takePeaks()).toEqual({ rateLimitQueuePeak: 3 })
    expect(wheel.size).toBe(0)
  })

  it('lets those behind move up when one of them is aborted, and newcomers have its place', async () => {
    const bench = await begun({ rateLimit: { rate: '100/s', burst: 1, maxWait: '30ms' } }, 5)
    bench.operations[1]!.abort()
    bench.operations[4]!.begin()
    await bench.clock.advance(1000 * ms)
    expect(bench.attempts()).toEqual([0, null, 10, 20, 30])
    expect(bench.client.counters()).toMatchObject({ rateLimitAbandoned: 1 })
  })

  it('does not let wait whose turn comes after the deadline', async () => {
    const client: RawClient = [
      { timeout: { operation: '15ms' } },
      { rateLimit: { rate: '100/s', burst: 1, maxWait: '1s' } },
    ]
    const { operations, attempts, clock } = await begun(client, 3)
    expect(operations[2]!.record.ends).toEqual([{ outcome: refused, atMs: 0 }])
    await clock.advance(100 * ms)
    expect(attempts()).toEqual([0, 10, null])
  })

  it('refuses who waits no longer than allowed after the rate was cut', async () => {
    const client: RawClient = { rateLimit: { algorithm: 'aimd', initial: '100/s', burst: 1, maxWait: '30ms' } }
    const overloaded = (): ScriptedAttempt => ({ afterNs: ms, outcome: failure('status', 503) })
    const { attempts, clock, client: opened, operations } = await begun(client, 4, overloaded)
    await clock.advance(1000 * ms)
    // Cut to 50/s at 1 ms: the next turn is at 19 ms, and after its own cut to 25/s there is none in time.
    expect(attempts()).toEqual([0, 19, null, null])
    expect(opened.counters()).toMatchObject({ rateLimitTimedOut: 2, rateLimitCut: 2 })
    expect(operations[3]!.record.ends[0]!.atMs).toBeCloseTo(30, 2)
    expect(opened.log.take().kept).toHaveLength(2)
  })

  it('lets no more than burst + rate·T pass in any window, whoever comes and goes', async () => {
    const rng = createRng(9)
    const bench = createBench({ rateLimit: { rate: '500/s', burst: 5, maxWait: '20ms' } })
    const operations = Array.from({ length: 500 }, () => {
      const of = createOperation(bench, () => work)
      const beginNs = Math.floor(rng.next() * 500) * ms
      bench.clock.after(beginNs, () => of.begin())
      if (rng.next() < 0.3) bench.clock.after(beginNs + Math.floor(rng.next() * 15 * ms), () => of.abort())
      return of
    })
    await bench.clock.advance(1000 * ms)
    const passed = operations.flatMap(({ record }) => record.attemptsMs).toSorted((a, b) => a - b)
    expect(passed.length).toBeGreaterThan(150)
    for (let from = 0; from < passed.length; from++) {
      for (let to = from; to < passed.length; to++)
        expect(to - from + 1).toBeLessThanOrEqual(5 + 0.5 * (passed[to]! - passed[from]!) + 1e-6)
    }
    expect(bench.wheel.size).toBe(0)
  })

  it('does not overtake who waits, also when a slot of time comes free in between', async () => {
    const bench = createBench({ rateLimit: { rate: '100/s', burst: 1, maxWait: '1s' } })
    const operations = Array.from({ length: 4 }, () => createOperation(bench, () => work))
    for (const [index, { begin }] of operations.entries()) bench.clock.after(index * 4 * ms, () => begin())
    await bench.clock.advance(1000 * ms)
    expect(operations.map(({ record }) => record.attemptsMs[0])).toEqual([0, 10, 20, 30])
  })
})

describe('what a rate limit is expected to show', () => {
  const context = (rateLimitAccepted: number) => ({
    injectedShare: 0,
    backgroundShare: 0,
    idempotentShare: 1,
    others: [],
    facts: factsOf({
      policyCounters: { rateLimitAccepted },
      load: { ...factsOf({}).load, processes: 2, slices: 3, sliceNs: 2e9 },
    }),
  })

  it.each([
    [{ rate: '100/s', burst: 10 }, 2 * 3 * (10 + 200)],
    [{ algorithm: 'slidingWindow', limit: 5, window: '300ms' }, 2 * 3 * 5 * 7],
    [{ algorithm: 'aimd', initial: 10, max: 50, burst: 4 }, 2 * 3 * (4 + 100)],
  ])('is no more calls than %j allows', (raw, most) => {
    const settings = rateLimit.parse(raw)
    expect(rateLimit.expect(settings, context(most))).toMatchObject([{ hi: most, ok: true }])
    expect(rateLimit.expect(settings, context(most + 1))).toMatchObject([{ ok: false }])
  })

  it('is not known beside a second one, which counts under the same names', () => {
    const others = ['rateLimit']
    for (const raw of [{ rate: '1/s' }, { algorithm: 'adaptiveThrottle' }])
      expect(rateLimit.expect(rateLimit.parse(raw), { ...context(1e9), others })).toEqual([])
  })
})
