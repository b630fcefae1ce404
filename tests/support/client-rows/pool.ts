import type { ClientRow } from './row.ts'

/** A pool rules the connections of the load's drivers: operations over anything else go on as without it. */
export const poolRows: readonly ClientRow[] = [
  { name: 'pool', keywords: ['pool'], client: { pool: { max: 2 } } },
  {
    name: 'pool within a retry and a timeout',
    keywords: ['pool', 'retry', 'timeout'],
    client: {
      retry: { strategy: 'fixed', baseDelay: '40ms' },
      timeout: { attempt: '30ms' },
      pool: { min: 1, max: 2, acquireTimeout: '20ms', order: 'fifo' },
    },
  },
]
