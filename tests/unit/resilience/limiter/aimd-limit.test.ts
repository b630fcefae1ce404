import { describe, expect, it } from 'vitest'
import { AimdLimit } from '../../../../harness/resilience/limiter/aimd-limit.ts'

const ms = 1e6

describe('a limit by AIMD', () => {
  it('grows by one with each answer while at least half of it is in use', () => {
    const limit = new AimdLimit({ initial: 20, min: 1, max: 200 }, 5000 * ms)
    limit.sample(ms, 9, false)
    expect(limit.limit).toBe(20)
    limit.sample(ms, 10, false)
    expect(limit.limit).toBe(21)
  })

  it('falls to nine tenths after a drop, and after an answer slower than allowed', () => {
    const limit = new AimdLimit({ initial: 20, min: 1, max: 200 }, 5000 * ms)
    limit.sample(ms, 20, true)
    expect(limit.limit).toBe(18)
    limit.sample(5000 * ms, 1, false)
    expect(limit.limit).toBe(18)
    limit.sample(5001 * ms, 1, false)
    expect(limit.limit).toBe(16)
  })

  it('stays within its range', () => {
    const limit = new AimdLimit({ initial: 20, min: 19, max: 21 }, 5000 * ms)
    for (let end = 0; end < 3; end++) limit.sample(ms, 20, false)
    expect(limit.limit).toBe(21)
    for (let end = 0; end < 3; end++) limit.sample(ms, 20, true)
    expect(limit.limit).toBe(19)
  })
})
