import { describe, expect, it } from 'vitest'
import { failure, success } from '../../../harness/resilience/outcome.ts'
import { createOperation, ms } from '../../support/fake-attempts.ts'

const refused = { afterNs: 5 * ms, outcome: failure('refused') }
const never = { afterNs: 0 }

describe('an operation without policies', () => {
  it('is one attempt, and ends as it does', async () => {
    const { begin, running, record, clock } = createOperation({}, () => ({ afterNs: 5 * ms, outcome: success }))
    begin()
    expect(running()).toBe(true)
    await clock.advance(5 * ms)
    expect(record).toMatchObject({ attemptsMs: [0], cancelsMs: [], ends: [{ outcome: success, atMs: 5 }] })
    expect(running()).toBe(false)
  })

  it('fails as its attempt does', async () => {
    const { begin, record, clock } = createOperation({}, () => refused)
    begin()
    await clock.advance(ms * 10)
    expect(record.ends).toEqual([{ outcome: failure('refused'), atMs: 5 }])
  })
})

describe('an abort', () => {
  it('ends the attempt in flight at once', async () => {
    const { begin, abort, record, clock, wheel } = createOperation({ timeout: { attempt: '1s' } }, () => never)
    begin()
    await clock.advance(3 * ms)
    abort()
    expect(record).toMatchObject({ cancelsMs: [3], inFlight: 0, ends: [{ outcome: failure('aborted'), atMs: 3 }] })
    expect(wheel.size).toBe(0)
  })

  it('during the wait of a retry cancels no attempt and begins no other', async () => {
    const { begin, abort, record, clock, wheel } = createOperation(
      { retry: { strategy: 'fixed', baseDelay: '50ms' } },
      () => refused,
    )
    begin()
    await clock.advance(20 * ms)
    abort()
    await clock.advance(1000 * ms)
    expect(record).toMatchObject({ attemptsMs: [0], cancelsMs: [], ends: [{ outcome: failure('aborted'), atMs: 20 }] })
    expect(wheel.size).toBe(0)
    expect(clock.pending()).toBe(0)
  })

  it('of an operation that has ended changes nothing', async () => {
    const { begin, abort, record, clock } = createOperation({}, () => ({ afterNs: ms, outcome: success }))
    begin()
    await clock.advance(ms)
    abort()
    expect(record.ends).toEqual([{ outcome: success, atMs: 1 }])
  })
})

describe('policies within one another', () => {
  it("begin no wait that the operation's timeout would cut off", async () => {
    const policies = { timeout: { operation: '70ms' }, retry: { strategy: 'fixed', baseDelay: '50ms', maxCalls: 9 } }
    const { begin, record, clock, wheel, client } = createOperation(policies, () => refused)
    begin()
    await clock.advance(1000 * ms)
    expect(record).toMatchObject({
      attemptsMs: [0, 55],
      cancelsMs: [],
      ends: [{ outcome: failure('refused'), atMs: 60 }],
    })
    expect(client.counters()).toMatchObject({ timeouts: 0, retries: 1, exhausted: 0, deadlineGivenUp: 1 })
    expect(wheel.size).toBe(0)
  })

  it("give up after the operation's timeout, in the middle of an attempt", async () => {
    const policies = { timeout: { operation: '70ms' }, retry: { strategy: 'fixed', baseDelay: '50ms' } }
    const { begin, record, clock } = createOperation(policies, (call) => (call === 2 ? never : refused))
    begin()
    await clock.advance(1000 * ms)
    expect(record).toMatchObject({
      attemptsMs: [0, 55],
      cancelsMs: [70],
      ends: [{ outcome: failure('timeout'), atMs: 70 }],
    })
  })

  it('repeat an attempt that timed out', async () => {
    const policies = { retry: { strategy: 'fixed', baseDelay: '10ms' }, timeout: { attempt: '20ms' } }
    const { begin, record, clock, client } = createOperation(policies, (call) =>
      call < 3 ? never : { afterNs: 5 * ms, outcome: success },
    )
    begin()
    await clock.advance(1000 * ms)
    expect(record).toMatchObject({
      attemptsMs: [0, 30, 60],
      cancelsMs: [20, 50],
      ends: [{ outcome: success, atMs: 65 }],
    })
    expect(client.counters()).toMatchObject({ timeouts: 2, retries: 2, exhausted: 0 })
  })

  it('give each attempt the whole of its time', async () => {
    const policies = { retry: { strategy: 'fixed', baseDelay: '0ms', maxCalls: 3 }, timeout: { attempt: '20ms' } }
    const { begin, record, clock } = createOperation(policies, () => ({ afterNs: 19 * ms, outcome: failure('reset') }))
    begin()
    await clock.advance(1000 * ms)
    expect(record).toMatchObject({
      attemptsMs: [0, 19, 38],
      cancelsMs: [],
      ends: [{ outcome: failure('reset'), atMs: 57 }],
    })
  })

  it.each([
    ['another timeout', { timeout: { attempt: '80ms' } }],
    ['a fallback', { fallback: { timeout: '80ms', alternatives: ['a'] } }],
  ])('begin again after a timeout with %s inside, whose deadline it was as well', async (_, inside) => {
    const retry = { strategy: 'fixed', baseDelay: '10ms', maxCalls: 3 }
    const { begin, record, clock, client } = createOperation(
      [{ retry }, { timeout: { operation: '50ms' } }, inside],
      () => never,
    )
    begin()
    await clock.advance(1000 * ms)
    expect(record).toMatchObject({
      attemptsMs: [0, 60, 120],
      cancelsMs: [50, 110, 170],
      ends: [{ outcome: failure('timeout'), atMs: 170 }],
    })
    expect(client.counters()).toMatchObject({ timeouts: 3, retries: 2, deadlineGivenUp: 0 })
  })

  it('tell the two timeouts of one client apart by the time they act', async () => {
    const policies = {
      timeout: { operation: '50ms', attempt: '20ms' },
      retry: { strategy: 'fixed', baseDelay: '0ms', maxCalls: 9 },
    }
    const { begin, record, clock, client } = createOperation(policies, () => never)
    begin()
    await clock.advance(1000 * ms)
    expect(record).toMatchObject({
      attemptsMs: [0, 20, 40],
      cancelsMs: [20, 40, 50],
      ends: [{ outcome: failure('timeout'), atMs: 50 }],
    })
    expect(client.counters()['timeouts']).toBe(3)
  })
})
