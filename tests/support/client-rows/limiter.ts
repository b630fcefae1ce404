import type { ClientRow } from './row.ts'

export const limiterRows: readonly ClientRow[] = [
  {
    name: 'rate limit by a token bucket',
    keywords: ['rateLimit'],
    client: { rateLimit: { rate: '200/s', burst: 20, maxWait: '500ms' } },
    shared: true,
  },
  {
    name: 'rate limit by a sliding window',
    keywords: ['rateLimit'],
    client: { rateLimit: { algorithm: 'slidingWindow', limit: 30, window: '100ms', maxWait: '500ms' } },
    shared: true,
  },
  {
    name: 'rate limit that finds its rate',
    keywords: ['rateLimit', 'timeout'],
    client: { rateLimit: { algorithm: 'aimd', maxWait: '300ms' }, timeout: { attempt: '30ms' } },
    shared: true,
  },
  {
    name: 'throttle by chance',
    keywords: ['rateLimit'],
    client: { rateLimit: { algorithm: 'adaptiveThrottle', window: '10s' } },
    shared: true,
  },
  ...['gradient2', 'aimd', 'vegas'].map((algorithm) => ({
    name: `concurrency limit by ${algorithm}`,
    keywords: ['concurrencyLimit'],
    client: { concurrencyLimit: { algorithm, maxQueue: 500, maxWait: '300ms' } },
    shared: true,
  })),
]
