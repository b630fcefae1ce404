import { describe, expect, it } from 'vitest'
import { addEvents, noEvents, type PolicyEvent, policyEventCap } from '../../../harness/measure/policy-event.ts'
import { PolicyLog } from '../../../harness/resilience/policy-log.ts'

const eventAt = (atNs: number): PolicyEvent => ({
  atNs,
  policy: 'circuitBreaker',
  name: null,
  event: 'open',
  from: 'closed',
  reason: '5 failures in a row',
})

describe('the events of policies', () => {
  it('of several workers are put in order, and are counted beyond the cap', () => {
    const a = { kept: [eventAt(1), eventAt(5)], dropped: 2 }
    const b = { kept: [eventAt(3)], dropped: 1 }
    expect(addEvents(a, b)).toEqual({ kept: [eventAt(1), eventAt(3), eventAt(5)], dropped: 3 })
    expect(addEvents(a, noEvents)).toBe(a)
    const many = { kept: Array.from({ length: policyEventCap }, (_, at) => eventAt(at)), dropped: 0 }
    const { kept, dropped } = addEvents(many, b)
    expect([kept.length, dropped]).toEqual([policyEventCap, 2])
  })

  it('are told as they happen, kept up to the cap until they are taken, and counted after', () => {
    const log = new PolicyLog()
    const heard: number[] = []
    const end = log.listen(({ atNs }) => heard.push(atNs))
    for (let at = 0; at < policyEventCap + 3; at++) log.note(eventAt(at))
    end()
    log.note(eventAt(-1))
    expect(heard).toHaveLength(policyEventCap + 3)
    const taken = log.take()
    expect([taken.kept.length, taken.dropped]).toEqual([policyEventCap, 4])
    expect(log.take()).toEqual(noEvents)
  })
})
