import type { RawClient } from '../../../harness/resilience/settings.ts'

/** A client that every test of the contract is run with. */
export interface ClientRow {
  readonly name: string
  /** The policies that it shows. */
  readonly keywords: readonly string[]
  readonly client: RawClient
  /** Set where operations share state on purpose, so that one goes another way beside others than it does alone. */
  readonly shared?: boolean
  /** Set where delays are drawn, so that an operation goes another way than the one before it. */
  readonly drawn?: boolean
}
