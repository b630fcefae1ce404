import type { Problem } from '../kernel/errors.ts'
import { isRecord } from '../kernel/json.ts'
import type { Document } from './document.ts'

/** A built-in target speaks one protocol; a workload of another would only fail, request by request. */
export function protocolFitProblems({ target, workload }: Document): Problem[] {
  if (!isRecord(target) || !isRecord(workload) || typeof workload['script'] === 'string') return []
  const { builtin } = target
  const { protocol, version = '1.1' } = workload
  if (typeof builtin !== 'string' || typeof protocol !== 'string') return []
  const spoken = builtin === 'http2' ? 'http' : builtin
  if (protocol !== spoken) {
    const message = `found ${JSON.stringify(protocol)}, allowed: ${JSON.stringify(spoken)}, which the built-in target ${builtin} speaks`
    return [{ where: '/workload/protocol', message }]
  }
  const wanted = builtin === 'http2' ? '2' : '1.1'
  if (protocol !== 'http' || version === wanted) return []
  const message = `found ${JSON.stringify(version)}, allowed: ${JSON.stringify(wanted)}, which the built-in target ${builtin} speaks`
  return [{ where: '/workload/version', message }]
}
