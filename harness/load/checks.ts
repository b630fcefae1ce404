import { compileChecks } from '../workload/check.ts'
import type { Check, CompiledChecks } from '../workload/expect.ts'
import { keptByExtractions } from '../workload/extraction.ts'
import type { Kept } from '../workload/reply.ts'
import type { WorkloadRequest } from '../workload/workload.ts'

/** A request that is a template is prepared for each operation, always with the same checks. */
const compiled = new WeakMap<readonly Check[], CompiledChecks>()

/** The checks of a request, compiled once however often it is prepared; null where it has none. */
export function checksOf(checks: readonly Check[]): CompiledChecks | null {
  if (checks.length === 0) return null
  const known = compiled.get(checks) ?? compileChecks(checks)
  compiled.set(checks, known)
  return known
}

/** What a driver must keep of the replies to a request, for its checks, its extractions, or a script. */
export function keptOf({ keepReply = false, extract }: WorkloadRequest, checks: CompiledChecks | null): Kept {
  const extracted = keptByExtractions(extract)
  return {
    headers: keepReply || extracted.headers || (checks?.kept.headers ?? false),
    body: keepReply || extracted.body || (checks?.kept.body ?? false),
  }
}
