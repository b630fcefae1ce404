import { describe, expect, it } from 'vitest'
import { createRng } from '../../harness/kernel/rng.ts'
import { clientSchema, type parseClient } from '../../harness/resilience/client.ts'
import { failure, success } from '../../harness/resilience/policy.ts'
import { createBench, createOperation, ms, type ScriptedAttempt } from '../support/fake-port.ts'

type RawClient = Parameters<typeof parseClient>[0]

/** Each member of the family: a client of it alone, and combinations of several. `noop` is the path without any. */
const clients: readonly { readonly name: string; readonly keywords: readonly string[]; readonly client: RawClient }[] =
  [
    { name: 'noop', keywords: [], client: {} },
    { name: 'retry none', keywords: ['retry'], client: { retry: { strategy: 'none' } } },
    { name: 'retry fixed', keywords: ['retry'], client: { retry: { strategy: 'fixed', baseDelay: '40ms' } } },
    { name: 'retry exponential', keywords: ['retry'], client: { retry: { maxCalls: 4, baseDelay: '40ms' } } },
    { name: 'timeout of an operation', keywords: ['timeout'], client: { timeout: { operation: '90ms' } } },
    { name: 'timeout of an attempt', keywords: ['timeout'], client: { timeout: { attempt: '30ms' } } },
    {
      name: 'retry between two timeouts',
      keywords: ['retry', 'timeout'],
      client: { retry: { maxCalls: 4, baseDelay: '20ms' }, timeout: { operation: '200ms', attempt: '30ms' } },
    },
  ]

const idempotent = { idempotent: true }
const never: ScriptedAttempt = { afterNs: 0 }
const failing: ScriptedAttempt = { afterNs: 10 * ms, outcome: failure('reset') }
const fine: ScriptedAttempt = { afterNs: 10 * ms, outcome: success }

it('every client policy has a row in this contract', () => {
  const known = Object.keys(clientSchema['properties'] as object)
  expect(new Set(clients.flatMap(({ keywords }) => keywords))).toEqual(new Set(known))
})

describe.each(clients)('$name', ({ client }) => {
  it('does not touch an operation that is fine', async () => {
    const { pipeline, port, clock, wheel, counters } = createOperation(client, () => fine)
    pipeline.begin(idempotent, clock.nowNs())
    await clock.advance(10 * ms)
    expect(port).toMatchObject({ attemptsMs: [0], cancelsMs: [], ends: [{ outcome: success, atMs: 10 }] })
    expect(wheel.size).toBe(0)
    expect(Object.values(counters).every((count) => count === 0)).toBe(true)
  })

  it.each([
    ['an attempt', never, 5],
    ['the wait after a failure', failing, 15],
  ])('ends at once when it is aborted during %s, and leaves no timer', async (_state, script, atMs) => {
    const { pipeline, port, clock, wheel } = createOperation(client, () => script)
    pipeline.begin(idempotent, clock.nowNs())
    await clock.advance(atMs * ms)
    const running = pipeline.running
    const before = port.attemptsMs.length
    pipeline.abort(failure('aborted'), clock.nowNs())
    expect(port.inFlight).toBe(0)
    expect(wheel.size).toBe(0)
    expect(pipeline.running).toBe(false)
    expect(port.ends).toEqual([
      running ? { outcome: failure('aborted'), atMs } : { outcome: failure('reset'), atMs: 10 },
    ])
    await clock.advance(3_600_000 * ms)
    expect(port.ends).toHaveLength(1)
    expect(port.attemptsMs).toHaveLength(before)
    expect(clock.pending()).toBe(0)
  })

  it.each([
    ['one that failed', failing],
    ['one that was aborted', never],
  ])('treats an operation after %s like the first', async (_state, script) => {
    const { pipeline, port, clock } = createOperation(client, () => script)
    const runs: unknown[] = []
    for (let run = 0; run < 3; run++) {
      const fromMs = clock.nowNs() / ms
      const from = port.attemptsMs.length
      pipeline.begin(idempotent, clock.nowNs())
      await clock.advance(400 * ms)
      pipeline.abort(failure('aborted'), clock.nowNs())
      const { outcome, atMs } = port.ends.at(-1)!
      runs.push({ outcome, tookMs: atMs - fromMs, attempts: port.attemptsMs.slice(from).map((at) => at - fromMs) })
    }
    expect(runs[1]).toEqual(runs[0])
    expect(runs[2]).toEqual(runs[0])
  })

  it('keeps the state of a thousand operations at once apart, and its counters add up', async () => {
    const bench = createBench()
    const rng = createRng(5)
    const draw = (): ScriptedAttempt => {
      // Odd nanoseconds: nothing may end in the very moment in which a timer is due.
      const afterNs = Math.floor(rng.next() * 40 * ms)
      const outcome = rng.next() < 0.5 ? success : failure('reset')
      return rng.next() < 0.1 ? never : { afterNs, outcome }
    }
    const operations = Array.from({ length: 1000 }, () => {
      const script = Array.from({ length: 10 }, draw)
      return {
        script,
        startMs: Math.floor(rng.next() * 100),
        of: createOperation(client, (call) => script[call - 1]!, bench),
      }
    })
    for (const { of, startMs } of operations)
      bench.clock.after(startMs * ms, () => of.pipeline.begin(idempotent, bench.clock.nowNs()))
    await bench.clock.advance(1000 * ms)
    for (const { of } of operations) of.pipeline.abort(failure('aborted'), bench.clock.nowNs())

    // Each alone, on a clock of its own, must have gone the same way.
    const alone = await Promise.all(
      operations.map(async ({ script, startMs }) => {
        const { pipeline, port, clock, counters } = createOperation(client, (call) => script[call - 1]!)
        await clock.advance(startMs * ms)
        pipeline.begin(idempotent, clock.nowNs())
        await clock.advance((1000 - startMs) * ms)
        pipeline.abort(failure('aborted'), clock.nowNs())
        return { port, counters }
      }),
    )
    const told = ({ port }: { port: { attemptsMs: number[]; cancelsMs: number[]; ends: unknown } }) => ({
      attempts: port.attemptsMs,
      cancels: port.cancelsMs,
      ends: port.ends,
    })
    expect(operations.map(({ of }) => told(of))).toEqual(alone.map(told))
    for (const [name, count] of Object.entries(bench.counters))
      expect([name, alone.reduce((sum, { counters }) => sum + (counters[name] ?? 0), 0)]).toEqual([name, count])
    const attempts = operations.reduce((sum, { of }) => sum + of.port.attemptsMs.length, 0)
    const { retries = 0, timeouts = 0 } = bench.counters
    // Every retry becomes an attempt, but for those whose wait a timeout ended.
    expect(retries).toBeGreaterThanOrEqual(attempts - 1000)
    expect(retries - (attempts - 1000)).toBeLessThanOrEqual(timeouts)
    expect(bench.wheel.size).toBe(0)
  })
})
