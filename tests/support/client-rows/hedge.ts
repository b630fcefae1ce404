import type { ClientRow } from './row.ts'

export const hedgeRows: readonly ClientRow[] = [
  { name: 'hedge', keywords: ['hedge'], client: { hedge: { delay: '15ms' } } },
  { name: 'hedges, several', keywords: ['hedge'], client: { hedge: { delay: '12ms', maxHedges: 3 } } },
  {
    name: 'hedge by a percentile',
    keywords: ['hedge'],
    client: { hedge: { delay: 'p90', minDelay: '15ms' } },
    shared: true,
  },
  {
    name: 'hedge with a budget',
    keywords: ['hedge'],
    client: { hedge: { delay: '15ms', budget: { kind: 'tokenBucket', minRetriesPerSecond: 0 } } },
    shared: true,
  },
  {
    name: 'retry around hedges with timeouts of attempts',
    keywords: ['retry', 'hedge', 'timeout'],
    client: { retry: { maxCalls: 3, baseDelay: '20ms' }, hedge: { delay: '15ms' }, timeout: { attempt: '30ms' } },
  },
]
