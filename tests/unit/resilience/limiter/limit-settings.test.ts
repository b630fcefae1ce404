import { describe, expect, it } from 'vitest'
import {
  concurrencyLimitProblems,
  parseConcurrencyLimit,
} from '../../../../harness/resilience/limiter/limit-settings.ts'

describe("a concurrency limit's settings", () => {
  it.each([
    [{}, { algorithm: 'gradient2', initial: 20, min: 20, max: 200 }],
    [{ algorithm: 'aimd' }, { algorithm: 'aimd', initial: 20, min: 20, max: 200 }],
    [
      { algorithm: 'vegas', max: 50 },
      { algorithm: 'vegas', initial: 20, min: 1, max: 50 },
    ],
  ])('of %j have the defaults of the algorithm', (raw, settings) => {
    expect(concurrencyLimitProblems(raw, '')).toEqual([])
    expect(parseConcurrencyLimit(raw)).toEqual({ ...settings, slowNs: 5e9, maxQueue: 0, maxWaitNs: null })
  })

  it.each([
    [{ min: 10, max: 5 }, [['/c/min', 'found 10, allowed: up to max, 5']]],
    [{ min: 10, max: 15 }, [['/c/initial', 'found 20, allowed: from min, 10, to max, 15']]],
    [{ initial: 5 }, [['/c/initial', 'found 5, allowed: from min, 20, to max, 200']]],
    [{ slow: '1s' }, [['/c/slow', 'found with gradient2, allowed: with aimd only']]],
    [{ maxWait: '0s' }, [['/c/maxWait', 'found "0s", allowed: longer than 0']]],
  ])('are refused in %j', (raw, problems) => {
    expect(concurrencyLimitProblems(raw, '/c').map(({ where, message }) => [where, message])).toEqual(problems)
  })
})
