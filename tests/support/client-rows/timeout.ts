import type { ClientRow } from './row.ts'

export const timeoutRows: readonly ClientRow[] = [
  { name: 'timeout of an operation', keywords: ['timeout'], client: { timeout: { operation: '90ms' } } },
  { name: 'timeout of an attempt', keywords: ['timeout'], client: { timeout: { attempt: '30ms' } } },
]
