import { describe, expect, it } from 'vitest'
import { failure, success } from '../../../harness/resilience/policy.ts'
import { createOperation, ms } from '../../support/fake-port.ts'

describe('a timeout', () => {
  it('ends an attempt that takes longer', async () => {
    const { pipeline, port, clock, counters, wheel } = createOperation({ timeout: { attempt: '20ms' } }, () => ({
      afterNs: 0,
    }))
    pipeline.begin({ idempotent: true }, clock.nowNs())
    await clock.advance(100 * ms)
    expect(port).toMatchObject({ cancelsMs: [20], inFlight: 0, ends: [{ outcome: failure('timeout'), atMs: 20 }] })
    expect(counters).toEqual({ timeouts: 1 })
    expect(wheel.size).toBe(0)
  })

  it('does not touch one that is faster, and leaves no timer', async () => {
    const { pipeline, port, clock, counters, wheel } = createOperation({ timeout: { attempt: '20ms' } }, () => ({
      afterNs: 19 * ms,
      outcome: success,
    }))
    pipeline.begin({ idempotent: true }, clock.nowNs())
    await clock.advance(19 * ms)
    expect(port.ends).toEqual([{ outcome: success, atMs: 19 }])
    expect(wheel.size).toBe(0)
    await clock.advance(100 * ms)
    expect(port.ends).toHaveLength(1)
    expect(counters).toEqual({ timeouts: 0 })
  })

  it('passes failures on as they are', async () => {
    const { pipeline, port, clock } = createOperation({ timeout: { operation: '20ms' } }, () => ({
      afterNs: ms,
      outcome: failure('refused'),
    }))
    pipeline.begin({ idempotent: true }, clock.nowNs())
    await clock.advance(ms)
    expect(port.ends).toEqual([{ outcome: failure('refused'), atMs: 1 }])
  })

  it('counts anew for each operation', async () => {
    const { pipeline, port, clock } = createOperation({ timeout: { operation: '20ms' } }, (call) =>
      call === 1 ? { afterNs: 15 * ms, outcome: success } : { afterNs: 0 },
    )
    pipeline.begin({ idempotent: true }, clock.nowNs())
    await clock.advance(15 * ms)
    pipeline.begin({ idempotent: true }, clock.nowNs())
    await clock.advance(100 * ms)
    expect(port.ends.map(({ atMs }) => atMs)).toEqual([15, 35])
  })
})
