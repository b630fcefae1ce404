import { describe, expect, it } from 'vitest'
import { failure, success } from '../../../harness/resilience/outcome.ts'
import { createOperation, ms } from '../../support/fake-attempts.ts'

describe('a timeout', () => {
  it('ends an attempt that takes longer', async () => {
    const { begin, record, clock, client, wheel } = createOperation({ timeout: { attempt: '20ms' } }, () => ({
      afterNs: 0,
    }))
    begin()
    await clock.advance(100 * ms)
    expect(record).toMatchObject({ cancelsMs: [20], inFlight: 0, ends: [{ outcome: failure('timeout'), atMs: 20 }] })
    expect(client.counters()).toEqual({ timeouts: 1 })
    expect(wheel.size).toBe(0)
  })

  it('does not touch one that is faster, and leaves no timer', async () => {
    const { begin, record, clock, client, wheel } = createOperation({ timeout: { attempt: '20ms' } }, () => ({
      afterNs: 19 * ms,
      outcome: success,
    }))
    begin()
    await clock.advance(19 * ms)
    expect(record.ends).toEqual([{ outcome: success, atMs: 19 }])
    expect(wheel.size).toBe(0)
    await clock.advance(100 * ms)
    expect(record.ends).toHaveLength(1)
    expect(client.counters()).toEqual({ timeouts: 0 })
  })

  it('passes failures on as they are', async () => {
    const { begin, record, clock } = createOperation({ timeout: { operation: '20ms' } }, () => ({
      afterNs: ms,
      outcome: failure('refused'),
    }))
    begin()
    await clock.advance(ms)
    expect(record.ends).toEqual([{ outcome: failure('refused'), atMs: 1 }])
  })

  it('counts anew for each operation', async () => {
    const { begin, record, clock } = createOperation({ timeout: { operation: '20ms' } }, (call) =>
      call === 1 ? { afterNs: 15 * ms, outcome: success } : { afterNs: 0 },
    )
    begin()
    await clock.advance(15 * ms)
    begin()
    await clock.advance(100 * ms)
    expect(record.ends.map(({ atMs }) => atMs)).toEqual([15, 35])
  })
})
