import { describe, expect, it } from 'vitest'
import { Bulkhead, slotRange } from '../../../../harness/resilience/bulkhead/bulkhead.ts'
import { parseBulkhead } from '../../../../harness/resilience/bulkhead/settings.ts'
import { failure, type Outcome, success } from '../../../../harness/resilience/outcome.ts'
import { PolicyLog } from '../../../../harness/resilience/policy-log.ts'
import type { Call } from '../../../../harness/resilience/step.ts'
import { createWaiter } from '../../../../harness/kernel/waiting-line.ts'

const callOf = (request: string): Call => ({
  idempotent: true,
  request,
  deadlineNs: Number.POSITIVE_INFINITY,
  target: null,
  content: null,
})

function adaptive() {
  const log = new PolicyLog()
  const core = new Bulkhead(parseBulkhead({ isolation: 'adaptive' }), log)
  const place = core.placeOf(callOf('hi'))
  const learn = (times: number, outcome: Outcome) => {
    for (let time = 0; time < times; time++) place.learn?.(outcome, 1, 1, time)
    return place.slots.limits.own
  }
  return { core, log, learn }
}

describe('a bulkhead', () => {
  it.each([
    ['strict', 10, { fewest: 10, most: 10 }],
    ['shared', 10, { fewest: 10, most: 12 }],
    ['adaptive', 10, { fewest: 8, most: 11 }],
    ['shared', 4, { fewest: 4, most: 4 }],
    ['adaptive', 1, { fewest: 1, most: 1 }],
  ] as const)('that is %s with %i slots uses a known range of them', (isolation, maxConcurrent, range) => {
    expect(slotRange({ ...parseBulkhead({}), isolation, maxConcurrent })).toEqual(range)
  })

  it('that is adaptive has more slots only while over nine tenths of the work succeed (S14, P67)', () => {
    const { learn, log } = adaptive()
    // Too few to say anything.
    expect(learn(19, failure('reset'))).toBe(10)
    expect(learn(1, failure('reset'))).toBe(8)
    expect(learn(80, success)).toBe(8)
    // The failures leave the last hundred; exactly nine tenths are not over nine tenths.
    expect(learn(10, success)).toBe(8)
    expect(learn(1, success)).toBe(11)
    expect(log.take().kept).toMatchObject([
      { policy: 'bulkhead', from: '10 slots', event: '8 slots', reason: 'success rate 0' },
      { policy: 'bulkhead', from: '8 slots', event: '11 slots', reason: 'success rate 0.91' },
    ])
  })

  it("that is adaptive does not take the client's own refusals for work (P67)", () => {
    const { learn } = adaptive()
    expect(learn(50, success)).toBe(11)
    for (const refusal of ['bulkhead-rejected', 'pool-timeout', 'circuit-open', 'aborted'] as const)
      expect(learn(100, failure(refusal))).toBe(11)
  })

  it('says how each compartment fares (S14, S18)', () => {
    const core = new Bulkhead(parseBulkhead({ maxConcurrent: 2, maxQueue: 1, per: 'request' }), new PolicyLog())
    for (const request of ['a', 'a', 'a', 'a', 'b']) core.placeOf(callOf(request)).slots.enter(createWaiter(() => {}))
    expect(core.stats()).toEqual([
      {
        name: 'a',
        active: 2,
        queued: 1,
        slots: 2,
        rejected: 1,
        timedOut: 0,
        total: 4,
        rejectionRate: 0.25,
        utilization: 1,
      },
      {
        name: 'b',
        active: 1,
        queued: 0,
        slots: 2,
        rejected: 0,
        timedOut: 0,
        total: 1,
        rejectionRate: 0,
        utilization: 0.5,
      },
    ])
  })
})
