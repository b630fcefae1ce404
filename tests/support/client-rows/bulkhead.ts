import type { ClientRow } from './row.ts'

export const bulkheadRows: readonly ClientRow[] = [
  {
    name: 'bulkhead with a line',
    keywords: ['bulkhead'],
    client: { bulkhead: { maxConcurrent: 5, maxQueue: 900, maxWait: '300ms' } },
    shared: true,
  },
  {
    name: 'bulkhead without a line',
    keywords: ['bulkhead'],
    client: { bulkhead: { maxConcurrent: 5, maxQueue: 0 } },
    shared: true,
  },
  {
    name: 'adaptive bulkhead within a retry',
    keywords: ['bulkhead', 'retry'],
    client: { retry: { strategy: 'fixed', baseDelay: '40ms' }, bulkhead: { isolation: 'adaptive' } },
    shared: true,
  },
  {
    name: 'bulkhead that shares, around a timeout',
    keywords: ['bulkhead', 'timeout'],
    client: { bulkhead: { isolation: 'shared', per: 'request', preset: 'file' }, timeout: { attempt: '30ms' } },
    shared: true,
  },
]
