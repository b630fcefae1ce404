import { describe, expect, it } from 'vitest'
import { failure, type Outcome, success } from '../../../../harness/resilience/outcome.ts'
import type { RawClient } from '../../../../harness/resilience/settings.ts'
import { createBench, createOperation, ms, type ScriptedAttempt } from '../../../support/fake-attempts.ts'

const ending = (outcome: Outcome, afterMs = 1): ScriptedAttempt => ({ afterNs: afterMs * ms, outcome })
const failing = ending(failure('reset'))
const fine = ending(success)
const never: ScriptedAttempt = { afterNs: 0 }
const plain = { failureThreshold: 3, openFor: '100ms' }

/** Operations of one client, each begun when asked for and told by how it ended. */
function clientOf(raw: RawClient) {
  const bench = createBench(raw)
  const begin = (script: ScriptedAttempt, request = 'hi') => {
    const operation = createOperation(bench, () => script)
    operation.begin({ request })
    return operation
  }
  const end = async (script: ScriptedAttempt, request?: string): Promise<Outcome | undefined> => {
    const { record } = begin(script, request)
    await bench.clock.advance(script.afterNs)
    return record.ends[0]?.outcome
  }
  const times = async (count: number, script: ScriptedAttempt, request?: string): Promise<void> => {
    for (let index = 0; index < count; index++) await end(script, request)
  }
  return { ...bench, bench, begin, end, times }
}

describe('a circuit breaker', () => {
  it('refuses at once with circuit-open, without an attempt (P49)', async () => {
    const { times, begin, clock, client, wheel } = clientOf({ circuitBreaker: plain })
    await times(3, failing)
    const { record } = begin(fine)
    expect(record).toMatchObject({ attemptsMs: [], ends: [{ outcome: failure('circuit-open'), atMs: 3 }] })
    expect(client.counters()).toMatchObject({ circuitOpened: 1, circuitRejected: 1, circuitFailures: 3 })
    await clock.advance(100 * ms)
    expect(begin(fine).record.attemptsMs).toEqual([103])
    await clock.advance(ms)
    expect(wheel.size).toBe(0)
  })

  it('notes its transitions in order, with when and why (S12)', async () => {
    const { times, clock, client } = clientOf({ circuitBreaker: { ...plain, name: 'db', successThreshold: 2 } })
    await times(3, failing)
    await clock.advance(100 * ms)
    await times(2, fine)
    const base = { policy: 'circuitBreaker', name: 'db' }
    expect(client.log.take()).toEqual({
      kept: [
        { ...base, atNs: 3 * ms, event: 'open', from: 'closed', reason: '3 failures in a row' },
        { ...base, atNs: 103 * ms, event: 'half-open', from: 'open', reason: 'open for long enough' },
        { ...base, atNs: 105 * ms, event: 'closed', from: 'half-open', reason: '2 probes succeeded' },
      ],
      dropped: 0,
    })
  })

  it('lets exactly three of a hundred operations at once try whether the target is back (P61)', async () => {
    const { times, begin, clock } = clientOf({ circuitBreaker: plain })
    await times(3, failing)
    await clock.advance(100 * ms)
    const records = Array.from({ length: 100 }, () => begin(fine).record)
    expect(records.filter(({ attemptsMs }) => attemptsMs.length === 1)).toHaveLength(3)
    expect(records.filter(({ ends }) => ends[0]?.outcome.error === 'circuit-open')).toHaveLength(97)
  })

  it('hears nothing of what is aborted, and gives the place of such a probe to the next', async () => {
    const { times, begin, clock, client } = clientOf({ circuitBreaker: { ...plain, successThreshold: 1 } })
    await times(2, failing)
    for (let aborted = 0; aborted < 5; aborted++) begin(never).abort()
    expect(client.breakers()[0]?.stats(clock.nowNs())).toMatchObject({ state: 'closed', failureCount: 2 })
    await times(1, failing)
    await clock.advance(100 * ms)
    begin(never).abort()
    expect(begin(fine).record.attemptsMs).toHaveLength(1)
    await clock.advance(ms)
    expect(client.breakers()[0]?.state).toBe('closed')
  })

  it('keeps the place of an aborted probe until its work has stopped (P68)', async () => {
    const { times, begin, clock } = clientOf({ circuitBreaker: { ...plain, successThreshold: 1 } })
    await times(3, failing)
    await clock.advance(100 * ms)
    const lingering = begin({ afterNs: 0, lingersNs: 20 * ms })
    lingering.abort()
    await clock.advance(19 * ms)
    expect(begin(fine).record.attemptsMs).toEqual([])
    await clock.advance(ms)
    expect(begin(fine).record.attemptsMs).toHaveLength(1)
  })

  it('hears of a probe that was begun again while the one before was still stopping', async () => {
    const { bench, times, clock, client } = clientOf({ circuitBreaker: { ...plain, successThreshold: 2 } })
    await times(3, failing)
    await clock.advance(100 * ms)
    const operation = createOperation(bench, (call) =>
      call === 1 ? { afterNs: 0, lingersNs: 20 * ms } : ending(success, 30),
    )
    operation.begin()
    operation.abort()
    operation.begin()
    await clock.advance(30 * ms)
    expect(operation.record.ends.at(-1)?.outcome).toEqual(success)
    expect(client.breakers()[0]?.stats(clock.nowNs()).successCount).toBe(1)
  })

  it('gives back the place of a probe that was refused further in', async () => {
    const { times, begin, end, clock, client } = clientOf({ circuitBreaker: plain })
    await times(3, failing)
    await clock.advance(100 * ms)
    await times(10, ending(failure('bulkhead-rejected')))
    expect(client.counters()).toMatchObject({ circuitProbes: 10, circuitRejected: 0, circuitFailures: 3 })
    begin(never)
    begin(never)
    expect(await end(fine)).toEqual(success)
  })

  it('gives the place of a probe that hangs to another after its lease (P48)', async () => {
    const { times, begin, clock, client } = clientOf({
      circuitBreaker: { ...plain, successThreshold: 1, halfOpen: { lease: '30ms' } },
    })
    await times(3, failing)
    await clock.advance(100 * ms)
    begin(never)
    await clock.advance(29 * ms)
    expect(begin(fine).record.attemptsMs).toEqual([])
    await clock.advance(ms)
    expect(begin(fine).record.attemptsMs).toHaveLength(1)
    await clock.advance(ms)
    expect(client.breakers()[0]?.state).toBe('closed')
  })

  it('ignores what ends after the state in which it began', async () => {
    const { times, begin, clock, client } = clientOf({ circuitBreaker: plain })
    const slow = begin(ending(success, 150))
    await times(3, failing)
    await clock.advance(100 * ms)
    begin(never)
    await clock.advance(60 * ms)
    expect(slow.record.ends).toEqual([{ outcome: success, atMs: 150 }])
    expect(client.counters()).toMatchObject({ circuitLate: 1, circuitClosed: 0 })
    expect(client.breakers()[0]?.state).toBe('half-open')
  })

  it.each([
    ['a 404', failure('status', 404), 0],
    ['a 503', failure('status', 503), 1],
    ['what the client itself refused further in', failure('bulkhead-rejected'), 0],
  ])('does with %s what its class says', async (_what, outcome, opened) => {
    const { times, client } = clientOf({ circuitBreaker: plain })
    await times(20, ending(outcome))
    expect(client.counters()).toMatchObject({ circuitOpened: opened })
  })

  it('counts as failures what it is told to', async () => {
    const { times, client } = clientOf({ circuitBreaker: { ...plain, countAs: { statuses: [404] } } })
    await times(20, failing)
    expect(client.counters()).toMatchObject({ circuitOpened: 0 })
    await times(3, ending(failure('status', 404)))
    expect(client.counters()).toMatchObject({ circuitOpened: 1 })
  })

  it('may be one for each request, each with a name of its own', async () => {
    const { times, end, client } = clientOf({ circuitBreaker: { ...plain, per: 'request', name: 'api' } })
    expect(client.counters()).toMatchObject({ circuitOpened: 0, circuitRejected: 0 })
    await times(3, failing, 'a')
    expect(await end(fine, 'b')).toEqual(success)
    expect(await end(fine, 'a')).toEqual(failure('circuit-open'))
    expect(client.breakers().map(({ name, state }) => [name, state])).toEqual([
      ['api/a', 'open'],
      ['api/b', 'closed'],
    ])
    expect(client.counters()).toMatchObject({ circuitOpened: 1, circuitRejected: 1, circuitFailures: 3 })
  })

  it('hears of a target that hangs through the timeout inside of it', async () => {
    const { begin, clock, client } = clientOf({ circuitBreaker: plain, timeout: { attempt: '10ms' } })
    for (let hung = 0; hung < 3; hung++) begin(never)
    await clock.advance(10 * ms)
    expect(client.breakers()[0]?.state).toBe('open')
  })

  it('can be forced and reset through its client', async () => {
    const { end, client, clock } = clientOf({ circuitBreaker: plain })
    const [breaker] = client.breakers()
    breaker?.force('open', clock.nowNs())
    await clock.advance(3_600_000 * ms)
    expect(await end(fine)).toEqual(failure('circuit-open'))
    breaker?.reset(clock.nowNs())
    expect(await end(fine)).toEqual(success)
  })
})
