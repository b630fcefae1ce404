import type { ClientRow } from './row.ts'

const row = (name: string, circuitBreaker: object, others: object = {}): ClientRow => ({
  name,
  keywords: ['circuitBreaker', ...Object.keys(others)],
  client: { circuitBreaker, ...others },
  // What one operation meets depends on how the others went: that is what a breaker is for.
  shared: true,
})

export const breakerRows: readonly ClientRow[] = [
  row('breaker for failures in a row', { failureThreshold: 3, failureRate: null, openFor: '40ms' }),
  row('breaker for a share of a time', { failureThreshold: null, failureRate: '40%', window: '1s', openFor: '40ms' }),
  row('breaker for a share of the last calls', {
    failureThreshold: null,
    failureRate: 0.4,
    window: 20,
    openFor: '40ms',
  }),
  row('breaker for slow calls', {
    failureThreshold: null,
    failureRate: null,
    slowCall: { longerThan: '30ms', rate: '20%' },
    openFor: '40ms',
  }),
  row('breaker for each request', { per: 'request', failureThreshold: 3, openFor: '40ms' }),
  row('breaker inside of a retry', { openFor: '40ms' }, { retry: { maxCalls: 4, baseDelay: '20ms' } }),
  row(
    'breaker between two timeouts',
    { failureThreshold: 2, openFor: '20ms', halfOpen: { probes: 1, lease: '10ms' } },
    { timeout: { operation: '200ms', attempt: '15ms' } },
  ),
]
