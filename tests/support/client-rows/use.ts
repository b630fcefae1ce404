import { policyFixture } from '../user-policies.ts'
import type { ClientRow } from './row.ts'

export const useRows: readonly ClientRow[] = [
  { name: 'a policy of your own that calls again', keywords: ['use'], client: { use: policyFixture('three-calls') } },
  {
    name: 'a policy of your own between two timeouts',
    keywords: ['use', 'timeout'],
    client: { use: policyFixture('three-calls'), timeout: { operation: '70ms', attempt: '30ms' } },
  },
]
