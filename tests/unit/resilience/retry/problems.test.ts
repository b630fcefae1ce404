import { describe, expect, it } from 'vitest'
import { checkClient } from '../../../../harness/resilience/checked-client.ts'

const problemsOf = (retry: object) => checkClient({ retry }).problems

describe('the settings of a retry', () => {
  it.each([
    {},
    { strategy: 'fixed', baseDelay: '0ms' },
    { strategy: 'exponential', baseDelay: '1s', maxDelay: '1s', factor: 1, jitter: 1 },
    { strategy: 'selecting', strategies: [{ strategy: 'fixed' }, { strategy: 'fullJitter', baseDelay: '1s' }] },
    { preset: 'api', strategy: 'fullJitter', jitter: undefined },
    { preset: 'network', budgets: { transient: 1 } },
    { retryOn: [503, 'reset', 14] },
    { deadline: '1ns', retryAfter: 'always', nonIdempotent: true },
    { budget: { kind: 'aws', capacity: 1 } },
  ])('may be %j', (retry) => {
    expect(problemsOf(JSON.parse(JSON.stringify(retry)) as object)).toEqual([])
  })

  it.each([
    [{ strategy: 'hope' }, '/retry/strategy'],
    [{ preset: 'cache' }, '/retry/preset'],
    [{ maxCalls: 0 }, '/retry/maxCalls'],
    [{ maxCalls: 101 }, '/retry/maxCalls'],
    [{ maxRetries: 3 }, '/retry/maxRetries'],
    [{ factor: 0.9 }, '/retry/factor'],
    [{ jitter: 1.1 }, '/retry/jitter'],
    [{ baseDelay: '-1ms' }, '/retry/baseDelay'],
    [{ baseDelay: '0ms' }, '/retry/baseDelay'],
    [{ baseDelay: '31s' }, '/retry/baseDelay'],
    [{ baseDelay: '2s', maxDelay: '1s' }, '/retry/maxDelay'],
    [{ strategy: 'fixed', baseDelay: '2s', maxDelay: '1s' }, '/retry/maxDelay'],
    [{ preset: 'network', maxDelay: '500ms' }, '/retry/maxDelay'],
    [{ strategy: 'fullJitter', jitter: '10%' }, '/retry/jitter'],
    [{ strategy: 'linear', factor: 3 }, '/retry/factor'],
    [{ strategy: 'none', baseDelay: '1s' }, '/retry/baseDelay'],
    [{ strategy: 'none', maxCalls: 4 }, '/retry/maxCalls'],
    [{ explore: 5 }, '/retry/explore'],
    [{ strategy: 'selecting', strategies: [{ strategy: 'fixed' }] }, '/retry/strategies'],
    [
      {
        strategy: 'selecting',
        maxDelay: '1s',
        strategies: [{ strategy: 'fixed' }, { strategy: 'linear', baseDelay: '2s' }],
      },
      '/retry/strategies/1/maxDelay',
    ],
    [
      { strategy: 'selecting', strategies: [{ strategy: 'fixed', factor: 2 }, { strategy: 'linear' }] },
      '/retry/strategies/0/factor',
    ],
    [{ budgets: { transient: -1 } }, '/retry/budgets/transient'],
    [{ budgets: {}, maxCalls: 3 }, '/retry/maxCalls'],
    [{ budgets: {}, retryOn: [503] }, '/retry/retryOn'],
    [{ retryOn: [600] }, '/retry/retryOn/0'],
    [{ retryOn: ['aborted'] }, '/retry/retryOn/0'],
    [{ deadline: '0s' }, '/retry/deadline'],
    [{ retryAfter: 'never' }, '/retry/retryAfter'],
    [{ budget: {} }, '/retry/budget/kind'],
    [{ budget: { kind: 'tokenBucket', ttl: '1ms' } }, '/retry/budget/ttl'],
    [{ budget: { kind: 'grpc', capacity: 1 } }, '/retry/budget/capacity'],
  ])('may not be %j, and the problem says where (H7, H8, H9, S1, L5)', (retry, where) => {
    const problems = problemsOf(retry)
    expect(new Set(problems.map((problem) => problem.where))).toEqual(new Set([where]))
  })
})
