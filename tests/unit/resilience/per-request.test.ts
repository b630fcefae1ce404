import { describe, expect, it } from 'vitest'
import { createRng } from '../../../harness/kernel/rng.ts'
import { requestNameCap } from '../../../harness/measure/measurements.ts'
import { success } from '../../../harness/resilience/outcome.ts'
import { PerRequest } from '../../../harness/resilience/per-request.ts'
import { plainCall } from '../../../harness/resilience/step.ts'
import { createBench } from '../../support/fake-attempts.ts'

describe('what each request has of its own', () => {
  it('is made once, when it is first asked for', () => {
    const own = new PerRequest((request) => ({ request }))
    expect(own.all()).toEqual([])
    expect(own.of('a')).toBe(own.of('a'))
    expect(own.of('b')).not.toBe(own.of('a'))
    expect(own.all()).toEqual([{ request: 'a' }, { request: 'b' }])
  })

  it('is shared by all requests beyond the cap, which leaves the others theirs', () => {
    const own = new PerRequest((request) => ({ request }))
    for (let request = 0; request < 10_000; request++) own.of(`r${request}`)
    expect(own.all()).toHaveLength(requestNameCap + 1)
    expect(own.of('one more')).toEqual({ request: 'other' })
    expect(own.of('one more')).toBe(own.of('r9999'))
    expect(own.of('r0')).toEqual({ request: 'r0' })
  })

  it('is bounded for breakers and bulkheads too, whatever a program names its requests', () => {
    const own = { per: 'request' } as const
    const { client } = createBench({ circuitBreaker: own, bulkhead: { ...own, isolation: 'shared' } })
    const step = client.operation({
      rng: createRng(1),
      owner: { ended: () => {} },
      attempt: (owner) => ({ begin: (_call, nowNs) => owner.ended(success, nowNs), cancel: () => null }),
    })
    for (let request = 0; request < 1000; request++) step.begin(plainCall(`r${request}`), 0)
    expect(client.breakers()).toHaveLength(requestNameCap + 1)
    expect(client.bulkheads()).toHaveLength(requestNameCap + 1)
    expect(client.bulkheads().at(-1)).toMatchObject({ name: 'other', total: 1000 - requestNameCap })
  })
})
