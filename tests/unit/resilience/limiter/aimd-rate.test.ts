import { describe, expect, it } from 'vitest'
import { AimdRate } from '../../../../harness/resilience/limiter/aimd-rate.ts'
import { failure, success } from '../../../../harness/resilience/outcome.ts'
import { PolicyLog } from '../../../../harness/resilience/policy-log.ts'

const ms = 1e6
const options = { initial: 100, min: 1, max: 10_000, increase: 0.1, decrease: 0.5, burst: 10_000 }

function rateOf(changes: Partial<typeof options> = {}) {
  const log = new PolicyLog()
  const rate = new AimdRate({ ...options, ...changes }, log)
  /** A second in which so many pass, each answered at its end. */
  const second = (from: number, calls: number, outcome = success) => {
    for (let call = 0; call < calls; call++) rate.pass(from * 1e9 + (call * 1e9) / calls)
    rate.ended(outcome, from * 1e9, (from + 1) * 1e9)
    return rate.perSecond
  }
  return { log, rate, second }
}

describe('a rate that finds its level', () => {
  it('rises by a tenth of the first rate with each second that was used', () => {
    const { second } = rateOf()
    expect([0, 1, 2].map((from) => second(from, 100))).toEqual([110, 120, 130])
  })

  it('does not rise while less than half of it is used', () => {
    const { second } = rateOf()
    expect(second(0, 49)).toBe(100)
    expect(second(1, 50)).toBe(110)
  })

  it.each([failure('status', 429), failure('status', 503), failure('timeout')])(
    'is halved when the target says that it has too much to do ($error $status)',
    (overload) => {
      const { rate, log } = rateOf()
      rate.pass(0)
      rate.ended(overload, 0, 10 * ms)
      expect(rate.perSecond).toBe(50)
      expect(log.take().kept).toMatchObject([{ policy: 'rateLimit', event: '50/s', from: '100/s', reason: 'overload' }])
    },
  )

  it.each([failure('reset'), failure('status', 500), failure('pool-timeout'), failure('aborted')])(
    'does not change for anything else ($error $status)',
    (outcome) => {
      const { second } = rateOf()
      expect(second(0, 100, outcome)).toBe(outcome.error === 'status' ? 110 : 100)
    },
  )

  it('is cut once by all that passed before the cut', () => {
    const { rate } = rateOf()
    for (const passed of [0, 1, 2, 3]) rate.ended(failure('timeout'), passed * ms, (10 + passed) * ms)
    expect(rate.perSecond).toBe(50)
    rate.ended(failure('timeout'), 10 * ms, 20 * ms)
    expect(rate.perSecond).toBe(25)
    expect(rate.changes).toEqual({ raised: 0, cut: 2 })
  })

  it('stays within its limits', () => {
    const { rate, second } = rateOf({ min: 40, max: 105 })
    expect(second(0, 100)).toBe(105)
    expect(second(1, 105)).toBe(105)
    for (const at of [5, 6, 7]) rate.ended(failure('timeout'), at * 1e9, at * 1e9)
    expect(rate.perSecond).toBe(40)
    expect(rate.changes).toEqual({ raised: 1, cut: 2 })
  })
})
