import { describe, expect, it } from 'vitest'
import { createRng } from '../../../../harness/kernel/rng.ts'
import { hedge } from '../../../../harness/resilience/hedge/hedge.ts'
import type { HedgeSettings } from '../../../../harness/resilience/hedge/settings.ts'
import { failure, statusFailure, success } from '../../../../harness/resilience/outcome.ts'
import { factsOf } from '../../../support/facts.ts'
import { createBench, createOperation, ms, type ScriptedAttempt } from '../../../support/fake-attempts.ts'

const after = (afterMs: number, outcome = success): ScriptedAttempt => ({ afterNs: afterMs * ms, outcome })
const never: ScriptedAttempt = { afterNs: 0 }
const reset = failure('reset')
const scripted =
  (...attempts: readonly ScriptedAttempt[]) =>
  (call: number): ScriptedAttempt =>
    attempts[call - 1] ?? never

describe('a hedge', () => {
  it('starts beside an attempt that has not answered within the delay; the first success is the answer, the other is given up (P50)', async () => {
    const { begin, record, clock, client, wheel } = createOperation(
      { hedge: { delay: '20ms' } },
      scripted(after(100), after(15)),
    )
    begin()
    await clock.advance(200 * ms)
    expect(record).toMatchObject({ attemptsMs: [0, 20], cancelsMs: [35], ends: [{ outcome: success, atMs: 35 }] })
    expect(client.counters()).toEqual({
      primaries: 1,
      hedges: 1,
      primaryWins: 0,
      hedgeWins: 1,
      hedgesCancelled: 0,
      hedgeRefused: 0,
    })
    expect(wheel.size).toBe(0)
  })

  it('is given up when the first attempt answers after all', async () => {
    const { begin, record, clock, client } = createOperation({ hedge: { delay: '20ms' } }, scripted(after(25), never))
    begin()
    await clock.advance(200 * ms)
    expect(record).toMatchObject({ attemptsMs: [0, 20], cancelsMs: [25], inFlight: 0 })
    expect(client.counters()).toMatchObject({ primaryWins: 1, hedgeWins: 0, hedgesCancelled: 1 })
  })

  it('is not made where the answer is quick, nor for what must not be done twice', async () => {
    const { begin, record, clock, client } = createOperation({ hedge: { delay: '20ms' } }, (call) =>
      call === 1 ? after(19) : after(100),
    )
    begin()
    await clock.advance(100 * ms)
    begin({ idempotent: false })
    await clock.advance(100 * ms)
    expect(record.attemptsMs).toEqual([0, 100])
    expect(client.counters()).toMatchObject({ primaries: 2, hedges: 0, primaryWins: 2 })
  })

  it('is followed by others, each a delay later, up to their number', async () => {
    const { begin, record, clock } = createOperation({ hedge: { delay: '10ms', maxHedges: 3 } }, () => after(100))
    begin()
    await clock.advance(200 * ms)
    expect(record).toMatchObject({ attemptsMs: [0, 10, 20, 30], cancelsMs: [100, 100, 100], peak: 4 })
    expect(record.ends).toEqual([{ outcome: success, atMs: 100 }])
  })

  it('starts together with the first attempt where the delay is 0', async () => {
    const { begin, record, clock } = createOperation(
      { hedge: { delay: '0ms', maxHedges: 2 } },
      scripted(after(30), after(10), after(20)),
    )
    begin()
    await clock.advance(100 * ms)
    expect(record).toMatchObject({ attemptsMs: [0, 0, 0], cancelsMs: [10, 10], ends: [{ atMs: 10 }] })
  })

  it.each([
    ['so soon waits so long', 60, [0, 20, 83, 103], 113],
    ['sooner than it would be is made in its time', 5, [0, 20, 40, 60], 70],
    ['at all is not made', Number.POSITIVE_INFINITY, [0, 20], 200],
  ])('that an answer asks not to make %s', async (_case, retryAfterMs, attemptsMs, atMs) => {
    const { begin, record, clock, wheel } = createOperation(
      { hedge: { delay: '20ms', maxHedges: 3 } },
      scripted(after(23, statusFailure(503, retryAfterMs * ms)), after(180), never, after(10)),
    )
    begin()
    await clock.advance(300 * ms)
    expect(record).toMatchObject({ attemptsMs, ends: [{ outcome: success, atMs }] })
    expect(wheel.size).toBe(0)
  })

  it('is not made sooner than an answer asks for after the failure of another attempt either', async () => {
    const { begin, record, clock } = createOperation(
      { hedge: { delay: '20ms', maxHedges: 3 } },
      scripted(never, after(30, reset), after(5, statusFailure(429, 60 * ms)), after(10)),
    )
    begin()
    await clock.advance(300 * ms)
    expect(record).toMatchObject({ attemptsMs: [0, 20, 40, 105], ends: [{ outcome: success, atMs: 115 }] })
  })

  it('is asked for no more where the one answer that there is asks for none', async () => {
    const refused = statusFailure(503, Number.POSITIVE_INFINITY)
    const { begin, record, clock } = createOperation({ hedge: { delay: '20ms' } }, () => after(5, refused))
    begin()
    await clock.advance(100 * ms)
    expect(record).toMatchObject({ attemptsMs: [0], ends: [{ outcome: refused, atMs: 5 }] })
  })

  it('starts at once after a failure that another attempt may mend, and the next one a delay after it', async () => {
    const { begin, record, clock } = createOperation(
      { hedge: { delay: '20ms', maxHedges: 2 } },
      scripted(after(5, reset), after(50), after(10)),
    )
    begin()
    await clock.advance(200 * ms)
    expect(record).toMatchObject({ attemptsMs: [0, 5, 25], ends: [{ outcome: success, atMs: 35 }] })
  })

  it.each([
    ['an answer that would be the same', statusFailure(404)],
    ['a refusal of its own', failure('pool-timeout')],
  ])('is not made after %s', async (_case, outcome) => {
    const { begin, record, clock } = createOperation({ hedge: { delay: '20ms' } }, () => after(5, outcome))
    begin()
    await clock.advance(100 * ms)
    expect(record).toMatchObject({ attemptsMs: [0], ends: [{ outcome, atMs: 5 }] })
  })

  it('leaves a failure of one attempt alone while another is at it; when all have failed the last one is told', async () => {
    const { begin, record, clock } = createOperation(
      { hedge: { delay: '10ms' } },
      scripted(after(15, statusFailure(404)), after(20, statusFailure(503))),
    )
    begin()
    await clock.advance(100 * ms)
    expect(record).toMatchObject({ attemptsMs: [0, 10], ends: [{ outcome: statusFailure(503), atMs: 30 }] })
  })

  it('ends with all of its branches when it is aborted, and what lingers is one thing that has stopped with the last', async () => {
    const lingering = (lingersNs: number): ScriptedAttempt => ({ afterNs: 0, lingersNs })
    const { clock, client } = createBench({ hedge: { delay: '10ms' } })
    const stoppedMs: number[] = []
    let made = 0
    const step = client.operation({
      rng: createRng(1),
      owner: { ended: () => {} },
      attempt: () => {
        const { lingersNs = 0 } = lingering(++made * 20 * ms)
        return {
          begin: () => {},
          cancel: () => ({ whenStopped: (told) => void clock.after(lingersNs, () => told(clock.nowNs())) }),
        }
      },
    })
    const { call } = createOperation({}, () => never)
    step.begin(call, 0)
    await clock.advance(15 * ms)
    step.cancel(clock.nowNs())?.whenStopped((nowNs) => stoppedMs.push(nowNs / ms))
    await clock.advance(100 * ms)
    expect(made).toBe(2)
    expect(stoppedMs).toEqual([55])
  })

  it.each(['20ms', '0ms'])('with a delay of %s is not confused by attempts that end as they begin', async (delay) => {
    const bench = createBench({ hedge: { delay, maxHedges: 2 } })
    const ends: unknown[] = []
    let begun = 0
    const { call } = createOperation({}, () => never)
    const step = bench.client.operation({
      rng: createRng(1),
      owner: {
        ended(outcome, nowNs) {
          ends.push(outcome)
          if (ends.length < 3) step.begin(call, nowNs)
        },
      },
      attempt: (owner) => ({
        begin: (_call, nowNs) => owner.ended(++begun % 3 === 0 ? success : reset, nowNs),
        cancel: () => null,
      }),
    })
    step.begin(call, 0)
    await bench.clock.advance(100 * ms)
    expect(ends).toEqual([success, success, success])
    expect(begun).toBe(9)
    expect(bench.client.counters()).toMatchObject({ primaries: 3, hedges: 6, hedgeWins: 3, hedgesCancelled: 0 })
    expect(bench.wheel.size).toBe(0)
  })

  it('does not let the timeout of one branch move the deadline of another, or of the call', async () => {
    const { begin, record, clock, call } = createOperation(
      { hedge: { delay: '20ms' }, timeout: { attempt: '30ms' } },
      scripted(never, after(25)),
    )
    begin()
    await clock.advance(100 * ms)
    expect(record).toMatchObject({ attemptsMs: [0, 20], cancelsMs: [30], ends: [{ outcome: success, atMs: 45 }] })
    expect(call.deadlineNs).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('the budget of hedges', () => {
  const raw = { hedge: { delay: '10ms', budget: { kind: 'tokenBucket', minRetriesPerSecond: 0 } } }

  it('keeps a target that is always slow at 1.2 attempts per operation', async () => {
    const bench = createBench(raw)
    const operation = createOperation(bench, () => after(50))
    for (let count = 0; count < 100; count++) {
      operation.begin()
      await bench.clock.advance(60 * ms)
    }
    expect(operation.record.attemptsMs).toHaveLength(120)
    expect(bench.client.counters()).toMatchObject({ primaries: 100, hedges: 20, hedgeRefused: 80, primaryWins: 100 })
  })

  it('has back what was in flight, whether it won, failed or was given up', async () => {
    const bench = createBench({ hedge: { delay: '10ms', budget: { kind: 'concurrent', share: 0, minConcurrency: 1 } } })
    const ends = [after(5), after(5, reset), after(100)]
    const operation = createOperation(bench, (call) => (call % 2 === 1 ? after(20) : ends[(call / 2 - 1) % 3]!))
    for (let count = 0; count < 30; count++) {
      operation.begin()
      await bench.clock.advance(200 * ms)
    }
    operation.begin()
    await bench.clock.advance(15 * ms)
    operation.abort()
    operation.begin()
    await bench.clock.advance(200 * ms)
    expect(bench.client.counters()).toMatchObject({ hedges: 32, hedgeRefused: 0 })
  })
})

describe('a delay by a percentile', () => {
  it('is the minimum until enough is known, then what first attempts took, also those that another has overtaken', async () => {
    const bench = createBench({ hedge: { delay: 'p90', minDelay: '5ms' } })
    // One in five is slow, and always overtaken: were those not counted, the p90 would be that of the others, 8 ms.
    const slow = createOperation(bench, (call) => after(call % 2 === 1 ? 100 : 8))
    const quick = createOperation(bench, () => after(8))
    for (let count = 0; count < 400; count++) {
      const { begin } = count % 5 === 0 ? slow : quick
      begin()
      await bench.clock.advance(150 * ms)
    }
    const [first = 0, second = 0] = slow.record.attemptsMs
    expect(second - first).toBe(5)
    const [before = 0, last = 0] = slow.record.attemptsMs.slice(-2)
    expect(last - before).toBeGreaterThan(12)
    expect(last - before).toBeLessThan(101)
  })
})

describe('the settings of a hedge', () => {
  it.each<[unknown, Partial<HedgeSettings>]>([
    [{ delay: '40ms' }, { delay: { kind: 'fixed', delayNs: 40 * ms }, maxHedges: 1, budget: null }],
    [{ delay: 'p99.9' }, { delay: { kind: 'percentile', percent: 99.9, leastNs: 10 * ms } }],
    [{ delay: 'p50', minDelay: '1ms', maxHedges: 2 }, { maxHedges: 2 }],
  ])('%j', (raw, settings) => {
    expect(hedge.parse(raw)).toMatchObject(settings)
    expect(hedge.problems?.(raw, '/hedge')).toEqual([])
  })

  it.each([
    [{ delay: 'p0' }, '/hedge/delay'],
    [{ delay: '9999d' }, '/hedge/delay'],
    [{ delay: '10ms', minDelay: '1ms' }, '/hedge/minDelay'],
    [{ delay: '10ms', budget: { kind: 'grpc', ttl: '1s' } }, '/hedge/budget/ttl'],
  ])('%j is refused', (raw, where) => {
    expect(hedge.problems?.(raw, '/hedge')).toMatchObject([{ where }])
  })
})

describe('what a hedge expects', () => {
  const context = { injectedShare: 0, backgroundShare: 0, idempotentShare: 1, others: [] }
  const effects = (raw: unknown, facts: Parameters<typeof factsOf>[0]) =>
    Object.fromEntries(
      hedge
        .expect(hedge.parse(raw), { ...context, facts: factsOf(facts) })
        .map(({ metric, ...effect }) => [metric, effect]),
    )
  const counted = (primaries: number, hedges: number, hedgeWins = 0) => ({
    operations: primaries,
    attempts: primaries + hedges,
    allAttempts: primaries + hedges,
    policyCounters: { primaries, hedges, hedgeWins },
  })

  it('is at least one hedge for each operation of the slower half where that is slower than the delay', () => {
    const raw = { delay: '20ms' }
    expect(effects(raw, { ...counted(100, 60), p50Ms: 40 })['hedgesPerAttempt']).toMatchObject({ lo: 0.45, ok: true })
    expect(effects(raw, { ...counted(100, 0), p50Ms: 40 })['hedgesPerAttempt']).toMatchObject({ ok: false })
    expect(effects(raw, { ...counted(100, 0), p50Ms: 5 })['hedgesPerAttempt']).toMatchObject({ ok: true })
  })

  it('is at most what the number, and a budget without a reserve, allows', () => {
    expect(effects({ delay: '20ms' }, counted(100, 101))['hedgesPerAttempt']).toMatchObject({ hi: 1, ok: false })
    const budget = { kind: 'tokenBucket', minRetriesPerSecond: 0 }
    expect(effects({ delay: '1ms', budget }, counted(100, 20))['hedgesPerAttempt']).toMatchObject({ hi: 0.2, ok: true })
    expect(effects({ delay: '1ms', budget }, counted(100, 21))['hedgesPerAttempt']).toMatchObject({ ok: false })
  })

  it('is nothing beside what counts under the same names', () => {
    const facts = factsOf({ ...counted(100, 300), p50Ms: 1 })
    const beside = (others: readonly string[]) =>
      hedge.expect(hedge.parse({ delay: '1s' }), { ...context, others, facts })
    expect(beside([])).not.toEqual([])
    for (const other of ['use', 'hedge']) expect(beside([other])).toEqual([])
  })

  it('is that each attempt on the wire is a first one or a hedge, and no more wins than hedges', () => {
    expect(effects({ delay: '1ms' }, counted(100, 7, 5))).toMatchObject({
      attemptsPerBranch: { ok: true },
      hedgeWinsPerHedge: { ok: true },
    })
    const more = { ...counted(100, 7, 8), allAttempts: 108 }
    expect(effects({ delay: '1ms' }, more)).toMatchObject({
      attemptsPerBranch: { ok: false },
      hedgeWinsPerHedge: { ok: false },
    })
  })
})
