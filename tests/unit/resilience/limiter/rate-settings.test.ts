import { describe, expect, it } from 'vitest'
import { parseRateLimit, rateLimitProblems } from '../../../../harness/resilience/limiter/rate-settings.ts'

describe("a rate limit's settings", () => {
  it.each([
    [{ rate: '100/s' }, { algorithm: 'tokenBucket', maxWaitNs: 0, rate: 100, burst: 100 }],
    [
      { rate: '30/m', maxWait: '2s' },
      { algorithm: 'tokenBucket', maxWaitNs: 2e9, rate: 0.5, burst: 1 },
    ],
    [
      { algorithm: 'slidingWindow', limit: 5, window: '1s' },
      { algorithm: 'slidingWindow', maxWaitNs: 0, limit: 5, windowNs: 1e9 },
    ],
    [
      { algorithm: 'aimd' },
      {
        algorithm: 'aimd',
        maxWaitNs: 0,
        initial: 100,
        min: 1,
        max: 10_000,
        increase: 0.1,
        decrease: 0.5,
        burst: 10_000,
      },
    ],
    [{ algorithm: 'adaptiveThrottle' }, { algorithm: 'adaptiveThrottle', k: 2, windowNs: 120e9 }],
  ])('are read from %j', (raw, settings) => {
    expect(rateLimitProblems(raw, '')).toEqual([])
    expect(parseRateLimit(raw)).toEqual(settings)
  })

  it.each([
    [{}, [['/r', 'found no rate, required by tokenBucket']]],
    [{ rate: 0 }, [['/r/rate', 'found 0, allowed: above 0']]],
    [
      { rate: '2000000/s' },
      [['/r/rate', 'found "2000000/s", allowed: up to 1000000 per second, such as 500, "500/s", "30/m"']],
    ],
    [
      { algorithm: 'slidingWindow', limit: 5, burst: 3 },
      [
        ['/r/burst', 'found with slidingWindow, allowed: limit, window, maxWait'],
        ['/r', 'found no window, required by slidingWindow'],
      ],
    ],
    [{ algorithm: 'slidingWindow', limit: 5, window: '0s' }, [['/r/window', 'found "0s", allowed: longer than 0']]],
    [
      { algorithm: 'aimd', initial: '5/s', min: '10/s', decrease: 1 },
      [
        ['/r/initial', 'found 5/s, allowed: from min, 10/s, to max, 10000/s'],
        ['/r/decrease', 'found 1, allowed: over 0 % and under 100 %'],
      ],
    ],
    [{ algorithm: 'aimd', min: '100/s', max: '10/s' }, [['/r/min', 'found 100/s, allowed: up to max, 10/s']]],
    [
      { algorithm: 'adaptiveThrottle', maxWait: '1s' },
      [['/r/maxWait', 'found with adaptiveThrottle, allowed: k, window']],
    ],
  ])('are refused in %j', (raw, problems) => {
    expect(rateLimitProblems(raw, '/r').map(({ where, message }) => [where, message])).toEqual(problems)
  })
})
