import { delaysOf, type RetryStrategy } from './strategy.ts'

/** No repetition: the same path with one call. */
export const none: RetryStrategy = { keyword: 'none', open: () => delaysOf(() => 0) }
