import { describe, expect, it } from 'vitest'
import { failure, success } from '../../../harness/resilience/policy.ts'
import { createOperation, ms } from '../../support/fake-port.ts'

const idempotent = { idempotent: true }
const refused = { afterNs: 5 * ms, outcome: failure('refused') }
const never = { afterNs: 0 }

describe('an operation without policies', () => {
  it('is one attempt, and ends as it does', async () => {
    const { pipeline, port, clock } = createOperation({}, () => ({ afterNs: 5 * ms, outcome: success }))
    pipeline.begin(idempotent, clock.nowNs())
    expect(pipeline.running).toBe(true)
    await clock.advance(5 * ms)
    expect(port).toMatchObject({ attemptsMs: [0], cancelsMs: [], ends: [{ outcome: success, atMs: 5 }] })
    expect(pipeline.running).toBe(false)
  })

  it('fails as its attempt does', async () => {
    const { pipeline, port, clock } = createOperation({}, () => refused)
    pipeline.begin(idempotent, clock.nowNs())
    await clock.advance(ms * 10)
    expect(port.ends).toEqual([{ outcome: failure('refused'), atMs: 5 }])
  })
})

describe('an abort', () => {
  it('ends the attempt in flight at once', async () => {
    const { pipeline, port, clock, wheel } = createOperation({ timeout: { attempt: '1s' } }, () => never)
    pipeline.begin(idempotent, clock.nowNs())
    await clock.advance(3 * ms)
    pipeline.abort(failure('aborted'), clock.nowNs())
    expect(port).toMatchObject({ cancelsMs: [3], inFlight: 0, ends: [{ outcome: failure('aborted'), atMs: 3 }] })
    expect(wheel.size).toBe(0)
  })

  it('during the wait of a retry cancels no attempt and begins no other', async () => {
    const { pipeline, port, clock, wheel } = createOperation(
      { retry: { strategy: 'fixed', baseDelay: '50ms' } },
      () => refused,
    )
    pipeline.begin(idempotent, clock.nowNs())
    await clock.advance(20 * ms)
    pipeline.abort(failure('aborted'), clock.nowNs())
    await clock.advance(1000 * ms)
    expect(port).toMatchObject({ attemptsMs: [0], cancelsMs: [], ends: [{ outcome: failure('aborted'), atMs: 20 }] })
    expect(wheel.size).toBe(0)
    expect(clock.pending()).toBe(0)
  })

  it('of an operation that has ended changes nothing', async () => {
    const { pipeline, port, clock } = createOperation({}, () => ({ afterNs: ms, outcome: success }))
    pipeline.begin(idempotent, clock.nowNs())
    await clock.advance(ms)
    pipeline.abort(failure('aborted'), clock.nowNs())
    expect(port.ends).toEqual([{ outcome: success, atMs: 1 }])
  })
})

describe('policies within one another', () => {
  it("give up after the operation's timeout, in the middle of a wait", async () => {
    const client = { timeout: { operation: '70ms' }, retry: { strategy: 'fixed', baseDelay: '50ms', maxCalls: 9 } }
    const { pipeline, port, clock, wheel, counters } = createOperation(client, () => refused)
    pipeline.begin(idempotent, clock.nowNs())
    await clock.advance(1000 * ms)
    expect(port).toMatchObject({
      attemptsMs: [0, 55],
      cancelsMs: [],
      ends: [{ outcome: failure('timeout'), atMs: 70 }],
    })
    expect(counters).toEqual({ timeouts: 1, retries: 2, exhausted: 0 })
    expect(wheel.size).toBe(0)
  })

  it("give up after the operation's timeout, in the middle of an attempt", async () => {
    const client = { timeout: { operation: '70ms' }, retry: { strategy: 'fixed', baseDelay: '50ms' } }
    const { pipeline, port, clock } = createOperation(client, (call) => (call === 2 ? never : refused))
    pipeline.begin(idempotent, clock.nowNs())
    await clock.advance(1000 * ms)
    expect(port).toMatchObject({
      attemptsMs: [0, 55],
      cancelsMs: [70],
      ends: [{ outcome: failure('timeout'), atMs: 70 }],
    })
  })

  it('repeat an attempt that timed out', async () => {
    const client = { retry: { strategy: 'fixed', baseDelay: '10ms' }, timeout: { attempt: '20ms' } }
    const { pipeline, port, clock, counters } = createOperation(client, (call) =>
      call < 3 ? never : { afterNs: 5 * ms, outcome: success },
    )
    pipeline.begin(idempotent, clock.nowNs())
    await clock.advance(1000 * ms)
    expect(port).toMatchObject({ attemptsMs: [0, 30, 60], cancelsMs: [20, 50], ends: [{ outcome: success, atMs: 65 }] })
    expect(counters).toEqual({ timeouts: 2, retries: 2, exhausted: 0 })
  })

  it('give each attempt the whole of its time', async () => {
    const client = { retry: { strategy: 'fixed', baseDelay: '0ms', maxCalls: 3 }, timeout: { attempt: '20ms' } }
    const { pipeline, port, clock } = createOperation(client, () => ({ afterNs: 19 * ms, outcome: failure('reset') }))
    pipeline.begin(idempotent, clock.nowNs())
    await clock.advance(1000 * ms)
    expect(port).toMatchObject({
      attemptsMs: [0, 19, 38],
      cancelsMs: [],
      ends: [{ outcome: failure('reset'), atMs: 57 }],
    })
  })

  it('tell the two timeouts of one client apart by the time they act', async () => {
    const client = {
      timeout: { operation: '50ms', attempt: '20ms' },
      retry: { strategy: 'fixed', baseDelay: '0ms', maxCalls: 9 },
    }
    const { pipeline, port, clock, counters } = createOperation(client, () => never)
    pipeline.begin(idempotent, clock.nowNs())
    await clock.advance(1000 * ms)
    expect(port).toMatchObject({
      attemptsMs: [0, 20, 40],
      cancelsMs: [20, 40, 50],
      ends: [{ outcome: failure('timeout'), atMs: 50 }],
    })
    expect(counters['timeouts']).toBe(3)
  })
})
