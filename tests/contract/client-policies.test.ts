import { describe, expect, it } from 'vitest'
import { createRng } from '../../harness/kernel/rng.ts'
import { failure, success } from '../../harness/resilience/outcome.ts'
import { clientSchema } from '../../harness/resilience/settings.ts'
import { bulkheadRows } from '../support/client-rows/bulkhead.ts'
import { limiterRows } from '../support/client-rows/limiter.ts'
import { fallbackRows } from '../support/client-rows/fallback.ts'
import { hedgeRows } from '../support/client-rows/hedge.ts'
import { poolRows } from '../support/client-rows/pool.ts'
import { breakerRows } from '../support/client-rows/breaker.ts'
import { retryRows } from '../support/client-rows/retry.ts'
import type { ClientRow } from '../support/client-rows/row.ts'
import { timeoutRows } from '../support/client-rows/timeout.ts'
import { useRows } from '../support/client-rows/use.ts'
import {
  type Bench,
  besides,
  createBench,
  createOperation,
  ms,
  type ScriptedAttempt,
} from '../support/fake-attempts.ts'

/** Each member of the family: a client of it alone, and combinations of several. `noop` is the path without any. */
const clients: readonly ClientRow[] = [
  { name: 'noop', keywords: [], client: {} },
  ...bulkheadRows,
  ...limiterRows,
  ...fallbackRows,
  ...hedgeRows,
  ...poolRows,
  ...breakerRows,
  ...retryRows,
  ...timeoutRows,
  ...useRows,
]

const never: ScriptedAttempt = { afterNs: 0 }
const failing: ScriptedAttempt = { afterNs: 10 * ms, outcome: failure('reset') }
const fine: ScriptedAttempt = { afterNs: 10 * ms, outcome: success }

it('every client policy has a row in this contract', () => {
  const known = Object.keys(clientSchema['properties'] as object)
  expect(new Set(clients.flatMap(({ keywords }) => keywords))).toEqual(new Set(known))
})

describe.each(clients)('$name', ({ client: raw }) => {
  it('does not touch an operation that is fine', async () => {
    const { begin, record, clock, wheel } = createOperation(raw, () => fine)
    begin()
    await clock.advance(10 * ms)
    expect(record).toMatchObject({ attemptsMs: [0], cancelsMs: [], ends: [{ outcome: success, atMs: 10 }] })
    expect(wheel.size).toBe(0)
  })

  it.each([
    ['an attempt', never, 5],
    ['the wait after a failure', failing, 15],
  ])('ends at once when it is aborted during %s, and leaves no timer', async (_state, script, atMs) => {
    const { begin, running, abort, record, clock, wheel } = createOperation(raw, () => script)
    begin()
    await clock.advance(atMs * ms)
    const wasRunning = running()
    const ended = [...record.ends]
    const before = record.attemptsMs.length
    abort()
    expect(record.inFlight).toBe(0)
    expect(wheel.size).toBe(0)
    expect(running()).toBe(false)
    expect(record.ends).toEqual(wasRunning ? [{ outcome: failure('aborted'), atMs }] : ended)
    await clock.advance(3_600_000 * ms)
    expect(record.ends).toHaveLength(1)
    expect(record.attemptsMs).toHaveLength(before)
    expect(clock.pending()).toBe(0)
  })

  it('begins every attempt and ends every operation of a thousand at once exactly once', async () => {
    const bench = createBench(raw)
    const operations = await manyAtOnce(bench, () => bench)
    const wrong = operations.filter(({ of: { record }, script }) => {
      const { attemptsMs, cancelsMs, ends, inFlight } = record
      const settled = script.slice(0, attemptsMs.length).filter(({ outcome }) => outcome).length
      // What did not settle by itself was given up, and what did may have been given up first.
      return ends.length !== 1 || inFlight !== 0 || cancelsMs.length < attemptsMs.length - settled
    })
    expect(wrong.map(({ of: { record } }) => record)).toEqual([])
    expect(bench.wheel.size).toBe(0)
    // Nobody holds anything any more: the next operation goes as the first would.
    await bench.clock.advance(3_600_000 * ms)
    const next = createOperation(bench, () => fine)
    next.begin()
    await bench.clock.advance(10 * ms)
    expect(next.record.ends).toMatchObject([{ outcome: success }])
    expect(bench.wheel.size).toBe(0)
  })

  it('goes the same way again with the same seed', async () => {
    const told = async (): Promise<unknown> => {
      const bench = createBench(raw)
      const operations = await manyAtOnce(bench, () => bench, 100)
      return { records: operations.map(({ of }) => of.record), counters: bench.client.counters() }
    }
    expect(await told()).toEqual(await told())
  })
})

describe.each(clients.filter(({ shared, drawn }) => !shared && !drawn))(
  '$name, whose delays are fixed',
  ({ client: raw }) => {
    it.each([
      ['one that failed', failing],
      ['one that was aborted', never],
    ])('treats an operation after %s like the first', async (_state, script) => {
      const { begin, abort, record, clock } = createOperation(raw, () => script)
      const runs: unknown[] = []
      for (let run = 0; run < 3; run++) {
        const fromMs = clock.nowNs() / ms
        const from = record.attemptsMs.length
        begin()
        await clock.advance(400 * ms)
        abort()
        const { outcome, atMs } = record.ends.at(-1)!
        runs.push({ outcome, tookMs: atMs - fromMs, attempts: record.attemptsMs.slice(from).map((at) => at - fromMs) })
      }
      expect(runs[1]).toEqual(runs[0])
      expect(runs[2]).toEqual(runs[0])
    })
  },
)

describe.each(clients.filter(({ shared }) => !shared))('$name, which shares nothing', ({ client: raw }) => {
  it('keeps the state of a thousand operations at once apart, and its counters add up', async () => {
    const bench = createBench(raw)
    const together = await manyAtOnce(bench, () => bench)
    // Each with a client of its own must have gone the same way.
    const alone = createBench({})
    const apart = await manyAtOnce(alone, () => besides(alone, raw))
    expect(together.map(({ of }) => of.record)).toEqual(apart.map(({ of }) => of.record))
    for (const [name, count] of Object.entries(bench.client.counters())) {
      const sum = apart.reduce((total, { of: { client } }) => total + (client.counters()[name] ?? 0), 0)
      expect([name, sum]).toEqual([name, count])
    }
  })
})

/** So many operations that begin within 100 ms and are aborted after a second, each with a script of its own. */
async function manyAtOnce({ clock, wheel }: Bench, clientOf: (seed: number) => Bench, count = 1000) {
  const rng = createRng(5)
  const draw = (): ScriptedAttempt => {
    // Odd nanoseconds: nothing may end in the very moment in which a timer is due.
    const afterNs = Math.floor(rng.next() * 40 * ms)
    const outcome = rng.next() < 0.5 ? success : failure('reset')
    return rng.next() < 0.1 ? never : { afterNs, outcome }
  }
  const operations = Array.from({ length: count }, (_, seed) => {
    const script = Array.from({ length: 10 }, draw)
    const of = createOperation(clientOf(seed), (call) => script[call - 1] ?? never, createRng(seed))
    return { script, startMs: Math.floor(rng.next() * 100), of }
  })
  for (const { of, startMs } of operations) clock.after(startMs * ms, () => of.begin())
  await clock.advance(1000 * ms)
  for (const { of } of operations) of.abort()
  expect(wheel.size).toBe(0)
  return operations
}
