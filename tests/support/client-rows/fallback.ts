import type { ClientRow } from './row.ts'

export const fallbackRows: readonly ClientRow[] = [
  {
    name: 'fallback to other targets',
    keywords: ['fallback'],
    client: { fallback: { timeout: '60ms', alternatives: ['replica', { target: 'last', timeout: '25ms' }] } },
  },
  {
    name: 'fallback to a default behind retry',
    keywords: ['fallback', 'retry'],
    client: { fallback: { timeout: '90ms', default: { body: 'sorry' } }, retry: { maxCalls: 3, baseDelay: '10ms' } },
  },
  {
    name: 'fallback to a cache, with dead letters',
    keywords: ['fallback'],
    client: { fallback: { cache: { ttl: '50ms', staleWhileError: '20ms' }, deadLetter: { maxEntries: 5 } } },
    shared: true,
  },
]
