import { fileURLToPath } from 'node:url'
import { openUserPolicies } from '../../harness/resilience/use/module.ts'
import type { UserPolicies } from '../../harness/resilience/use/user-policy.ts'

/** The absolute path of a policy among the fixtures. */
export function policyFixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/policies/${name}.ts`, import.meta.url))
}

/** Policies that keep nothing from one operation to the next, so that all clients may share them. */
export const statelessPolicies: UserPolicies = await openUserPolicies([
  { keyword: 'use', settings: { file: policyFixture('three-calls') } },
])
