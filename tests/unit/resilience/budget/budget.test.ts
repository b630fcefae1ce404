import { describe, expect, it } from 'vitest'
import { budgetProblems, openBudget, parseBudget } from '../../../../harness/resilience/budget/budget.ts'
import { answerOf, type ErrorClass, failure, success } from '../../../../harness/resilience/outcome.ts'

const seconds = 1e9
const open = (raw: object) => openBudget(parseBudget(raw))
const reset = failure('reset')

/** How many extra attempts a budget grants now. */
function granted(budget: ReturnType<typeof open>, nowNs: number, after = reset, most = 10_000): number {
  let count = 0
  while (count < most && budget.withdraw(after, nowNs)) count++
  return count
}

describe('a token bucket', () => {
  const raw = { kind: 'tokenBucket', ttl: '10s', minRetriesPerSecond: 0 }

  it('grants one extra attempt for every five first ones (P71)', () => {
    const budget = open(raw)
    for (let first = 0; first < 4; first++) budget.begun(0)
    expect(budget.withdraw(reset, 0)).toBe(false)
    budget.begun(0)
    expect(granted(budget, 0)).toBe(1)
    for (let first = 0; first < 1000; first++) budget.begun(0)
    expect(granted(budget, 0)).toBe(200)
  })

  it('forgets first attempts after its time to live, and no earlier than nine tenths of it', () => {
    const budget = open(raw)
    for (let first = 0; first < 100; first++) budget.begun(0.5 * seconds)
    expect(budget.withdraw(reset, 9.9 * seconds)).toBe(true)
    expect(granted(budget, 10 * seconds)).toBe(0)
    const later = open(raw)
    for (let first = 0; first < 100; first++) later.begun(0.5 * seconds)
    expect(granted(later, 3600 * seconds)).toBe(0)
  })

  it('has a reserve of its attempts per second, which comes back', () => {
    const budget = open({ ...raw, minRetriesPerSecond: 10 })
    expect(granted(budget, 0)).toBe(100)
    expect(granted(budget, 9.9 * seconds)).toBe(0)
    expect(granted(budget, 10 * seconds)).toBe(100)
  })

  it('may grant several attempts each', () => {
    const budget = open({ ...raw, percentCanRetry: 2.5 })
    for (let first = 0; first < 4; first++) budget.begun(0)
    expect(granted(budget, 0)).toBe(10)
  })

  it('keeps retries under a fifth and its reserve over any while', () => {
    const budget = open({ kind: 'tokenBucket' })
    let extra = 0
    for (let at = 0; at < 30_000; at++) {
      budget.begun(at * 1e6)
      if (budget.withdraw(reset, at * 1e6)) extra++
    }
    expect(extra).toBeLessThanOrEqual(0.2 * 30_000 + 10 * 40)
    expect(extra).toBeGreaterThan(0.2 * 30_000)
  })
})

describe('the budget of gRPC', () => {
  it('refuses once no more than half of its tokens are left', () => {
    const budget = open({ kind: 'grpc' })
    for (let failures = 0; failures < 4; failures++) budget.ended(reset, false, 0)
    expect(budget.withdraw(reset, 0)).toBe(true)
    budget.ended(reset, true, 0)
    expect(budget.withdraw(reset, 0)).toBe(false)
    budget.ended(success, false, 0)
    expect(budget.withdraw(reset, 0)).toBe(true)
  })

  it('is never over full, and never under empty', () => {
    const budget = open({ kind: 'grpc', maxTokens: 4, tokenRatio: 1 })
    for (let count = 0; count < 50; count++) budget.ended(success, false, 0)
    for (let count = 0; count < 2; count++) budget.ended(reset, false, 0)
    expect(budget.withdraw(reset, 0)).toBe(false)
    for (let count = 0; count < 50; count++) budget.ended(reset, false, 0)
    for (let count = 0; count < 3; count++) budget.ended(success, false, 0)
    expect(budget.withdraw(reset, 0)).toBe(true)
  })

  it.each([
    ['a status that is permanent', failure('status', 404)],
    ['a wrong body', failure('body')],
    ['an abort', failure('aborted')],
    ['a refusal of our own', failure('circuit-open')],
  ])('is not used up by %s', (_name, outcome) => {
    const budget = open({ kind: 'grpc' })
    for (let count = 0; count < 100; count++) budget.ended(outcome, false, 0)
    expect(budget.withdraw(reset, 0)).toBe(true)
  })

  it.each([
    ['a status that is flaky', failure('status', 500), false],
    ['a status that is permanent', failure('status', 404), false],
    ['a wrong body', failure('body'), false],
    ['a refusal of our own', failure('bulkhead-rejected'), true],
  ])('asked to repeat %s without end grants it: $2', (_name, outcome, granted) => {
    const budget = open({ kind: 'grpc' })
    for (let count = 0; count < 100; count++) {
      budget.ended(outcome, count > 0, 0)
      budget.withdraw(outcome, 0)
    }
    expect(budget.withdraw(outcome, 0)).toBe(granted)
  })
})

it.each([
  { kind: 'grpc', maxTokens: 10 },
  { kind: 'aws', capacity: 10 },
])("%j gets nothing back for an answer that is not the target's", (raw) => {
  const budget = open(raw)
  for (let failures = 0; failures < 10; failures++) {
    budget.ended(reset, false, 0)
    budget.withdraw(reset, 0)
  }
  for (let count = 0; count < 100; count++) budget.ended(answerOf('default'), false, 0)
  expect(budget.withdraw(reset, 0)).toBe(false)
  for (let count = 0; count < 100; count++) budget.ended(success, false, 0)
  expect(budget.withdraw(reset, 0)).toBe(true)
})

describe('the budget of AWS', () => {
  it.each([
    ['reset', 100],
    ['timeout', 50],
  ] as const)('has enough for so many repetitions after %s: %i', (error: ErrorClass, count) => {
    expect(granted(open({ kind: 'aws' }), 0, failure(error))).toBe(count)
  })

  it('gets back what a repetition cost when it succeeds, and 1 for a success at once', () => {
    const budget = open({ kind: 'aws', capacity: 20 })
    const timeout = failure('timeout')
    expect(granted(budget, 0, timeout)).toBe(2)
    budget.ended(success, true, 0, timeout)
    expect(granted(budget, 0)).toBe(2)
    budget.ended(reset, true, 0, reset)
    expect(granted(budget, 0)).toBe(0)
    for (let count = 0; count < 5; count++) budget.ended(success, false, 0)
    expect(granted(budget, 0)).toBe(1)
    for (let count = 0; count < 1000; count++) budget.ended(success, false, 0)
    expect(granted(budget, 0)).toBe(4)
  })
})

describe('a budget of attempts at once', () => {
  it('grants its minimum where little is in flight (P71)', () => {
    const budget = open({ kind: 'concurrent' })
    budget.begun(0)
    expect(granted(budget, 0)).toBe(3)
  })

  it('grants a fifth of what is in flight, and again what comes back', () => {
    const budget = open({ kind: 'concurrent' })
    for (let first = 0; first < 80; first++) budget.begun(0)
    // 20 of 100 at once.
    expect(granted(budget, 0)).toBe(20)
    budget.returned(0)
    expect(granted(budget, 0)).toBe(1)
    for (let first = 0; first < 80; first++) budget.ended(reset, false, 0)
    for (let extra = 0; extra < 18; extra++) budget.returned(0)
    expect(granted(budget, 0)).toBe(1)
  })

  it('has nothing left in use when everything has ended', () => {
    const budget = open({ kind: 'concurrent', minConcurrency: 1 })
    for (let count = 0; count < 1000; count++) {
      budget.begun(0)
      budget.ended(reset, false, 0)
      expect(budget.withdraw(reset, 0)).toBe(true)
      budget.ended(success, true, 0, reset)
      budget.returned(0)
    }
  })
})

describe('the settings of a budget', () => {
  it.each([
    [{ kind: 'tokenBucket' }, { kind: 'tokenBucket', ttlNs: 10e9, percentCanRetry: 0.2, minRetriesPerSecond: 10 }],
    [{ kind: 'grpc' }, { kind: 'grpc', maxTokens: 10, tokenRatio: 0.1 }],
    [{ kind: 'aws' }, { kind: 'aws', capacity: 500, retryCost: 5, timeoutCost: 10 }],
    [{ kind: 'concurrent' }, { kind: 'concurrent', share: 0.2, minConcurrency: 3 }],
    [
      { kind: 'concurrent', share: '10%' },
      { kind: 'concurrent', share: 0.1, minConcurrency: 3 },
    ],
  ])('%j are %j', (raw, expected) => {
    expect(parseBudget(raw)).toEqual(expected)
    expect(budgetProblems(raw, '/budget')).toEqual([])
  })

  it('hold keys of their own kind only, and a time to live within bounds', () => {
    expect(budgetProblems({ kind: 'grpc', ttl: '5s' }, '/budget')).toEqual([
      { where: '/budget/ttl', message: 'found ttl of another kind, allowed: "kind", "maxTokens", "tokenRatio"' },
    ])
    for (const [ttl, sound] of [
      ['999ms', false],
      ['1s', true],
      ['60s', true],
      ['61s', false],
    ] as const)
      expect(budgetProblems({ kind: 'tokenBucket', ttl }, '/budget').length === 0).toBe(sound)
  })
})
