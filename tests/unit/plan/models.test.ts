import { describe, expect, test } from 'vitest'
import { loops, steady, withRate } from '../../../harness/plan/models.ts'
import type { OpenModel } from '../../../harness/workload/model.ts'

const open: OpenModel = {
  model: 'open',
  rate: { kind: 'share', share: 0.5 },
  arrival: 'constant',
  maxInFlight: 100,
  connections: null,
  iterations: null,
}

describe('a rate that is a share', () => {
  test('is one of the iterations per second, however many operations an iteration has', () => {
    const throughput = { ok: 6000, iterations: 2000, ns: 2e9 }
    expect(withRate(open, { throughput })).toEqual({
      ...open,
      rate: { kind: 'absolute', perSecond: steady(500) },
    })
  })

  test('of nothing is an arrival in ten seconds', () => {
    const throughput = { ok: 0, iterations: 0, ns: 0 }
    expect(withRate(open, { throughput })).toMatchObject({ rate: { perSecond: steady(0.1) } })
  })

  test('leaves a model that has none as it is', () => {
    const throughput = { ok: 6000, iterations: 2000, ns: 2e9 }
    const absolute: OpenModel = { ...open, rate: { kind: 'absolute', perSecond: steady(7) } }
    expect(withRate(absolute, { throughput })).toBe(absolute)
    const closed = loops(3)
    expect(withRate(closed, { throughput })).toBe(closed)
  })
})
