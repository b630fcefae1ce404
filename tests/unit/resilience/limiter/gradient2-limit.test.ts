import { describe, expect, it } from 'vitest'
import { Gradient2Limit } from '../../../../harness/resilience/limiter/gradient2-limit.ts'

const ms = 1e6
const range = { initial: 20, min: 4, max: 200 }

describe('a limit by gradient2', () => {
  it('grows by 0.2·4 while answers take as long as ever', () => {
    const limit = new Gradient2Limit(range)
    limit.sample(10 * ms, 20)
    expect(limit.limit).toBeCloseTo(20.8, 9)
    limit.sample(10 * ms, 20)
    expect(limit.limit).toBeCloseTo(21.6, 9)
  })

  it('falls with the gradient 1.5·long/now, to a half at least', () => {
    const limit = new Gradient2Limit(range)
    for (let sample = 0; sample < 10; sample++) limit.sample(10 * ms, 1)
    expect(limit.limit).toBe(20)
    const weight = 2 / 601
    const longMs = 10 + (20 - 10) * weight
    limit.sample(20 * ms, 20)
    expect(limit.limit).toBeCloseTo(0.8 * 20 + 0.2 * (20 * ((1.5 * longMs) / 20) + 4), 9)
    const before = limit.limit
    limit.sample(1000 * ms, 20)
    expect(limit.limit).toBeCloseTo(0.8 * before + 0.2 * (before / 2 + 4), 9)
  })

  it('does not move while less than half of it is in use', () => {
    const limit = new Gradient2Limit(range)
    limit.sample(10 * ms, 9)
    expect(limit.limit).toBe(20)
    limit.sample(10 * ms, 10)
    expect(limit.limit).toBeGreaterThan(20)
  })

  it('forgets a twentieth of the long run where answers are twice as fast', () => {
    const slow = new Gradient2Limit(range)
    const plain = new Gradient2Limit(range)
    for (const limit of [slow, plain]) for (let sample = 0; sample < 10; sample++) limit.sample(100 * ms, 1)
    for (let sample = 0; sample < 60; sample++) slow.sample(10 * ms, 1)
    for (let sample = 0; sample < 60; sample++) plain.sample(60 * ms, 1)
    // What was forgotten shows in when it is slow again: the one that forgot falls.
    slow.sample(90 * ms, 20)
    plain.sample(90 * ms, 20)
    expect(slow.limit).toBeLessThan(20)
    expect(plain.limit).toBeGreaterThan(20)
  })

  it('takes what takes no time for something very quick', () => {
    const limit = new Gradient2Limit(range)
    for (let sample = 0; sample < 3; sample++) limit.sample(0, 20)
    expect(limit.limit).toBeCloseTo(20 + 3 * 0.8, 9)
    limit.sample(10 * ms, 20)
    limit.sample(0, 20)
    expect(limit.limit).toBeGreaterThan(20)
  })

  it('stays within its range', () => {
    const limit = new Gradient2Limit({ ...range, min: 10, max: 21 })
    for (let sample = 0; sample < 10; sample++) limit.sample(10 * ms, 20)
    expect(limit.limit).toBe(21)
    for (let sample = 0; sample < 30; sample++) limit.sample(100 * 2 ** sample * ms, 20)
    expect(limit.limit).toBe(10)
  })
})
