import type { ClientRow } from './row.ts'

const keywords = ['retry']

/** Strategies whose operations learn nothing from one another. */
const apart = ['fixed', 'linear', 'exponential', 'fullJitter', 'equalJitter', 'decorrelatedJitter']

/** Each with a few operations' worth, so that a thousand at once both are let on and refused. */
const budgets = [
  { kind: 'tokenBucket', minRetriesPerSecond: 100 },
  { kind: 'grpc', maxTokens: 1000, tokenRatio: 1 },
  { kind: 'aws', capacity: 500 },
  { kind: 'concurrent' },
]

export const retryRows: readonly ClientRow[] = [
  { name: 'retry none', keywords, client: { retry: { strategy: 'none' } } },
  ...apart.map((strategy) => ({
    name: `retry ${strategy}`,
    keywords,
    client: { retry: { strategy, maxCalls: 4, baseDelay: '40ms', maxDelay: '200ms' } },
    drawn: strategy.endsWith('Jitter'),
  })),
  {
    name: 'retry fixed with jitter',
    keywords,
    client: { retry: { strategy: 'fixed', baseDelay: '40ms', jitter: '50%' } },
    drawn: true,
  },
  { name: 'retry adaptive', keywords, client: { retry: { strategy: 'adaptive', baseDelay: '40ms' } }, shared: true },
  {
    name: 'retry selecting',
    keywords,
    client: { retry: { strategy: 'selecting', baseDelay: '40ms', maxDelay: '200ms' } },
    shared: true,
  },
  {
    name: 'retry with class budgets',
    keywords,
    client: { retry: { strategy: 'fixed', baseDelay: '40ms', budgets: { transient: 3 } } },
  },
  {
    name: 'retry with a deadline',
    keywords,
    client: { retry: { maxCalls: 9, baseDelay: '40ms', deadline: '200ms' } },
  },
  { name: 'retry preset', keywords, client: { retry: { preset: 'network', baseDelay: '40ms' } }, drawn: true },
  ...budgets.map((budget) => ({
    name: `retry with the budget ${budget.kind}`,
    keywords,
    client: { retry: { strategy: 'fixed', baseDelay: '40ms', budget } },
    shared: true,
  })),
  {
    name: 'retry between two timeouts',
    keywords: ['retry', 'timeout'],
    client: { retry: { maxCalls: 4, baseDelay: '20ms' }, timeout: { operation: '200ms', attempt: '30ms' } },
  },
]
