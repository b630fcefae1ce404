import type { Problem } from '../kernel/errors.ts'
import { isRecord, step } from '../kernel/json.ts'
import type { Document } from './document.ts'

/** A fault acts in a relay, which carries streams of bytes to an address: a workload without such a stream has no place for it. */
export function faultPathProblems({ workload, policies }: Document): Problem[] {
  const obstacle = isRecord(workload) ? obstacleOf(workload) : null
  if (obstacle === null || !isRecord(policies)) return []
  return Object.entries(policies).flatMap(([name, policy]) => {
    if (!isRecord(policy)) return []
    const place = 'fault' in policy ? 'fault' : 'under' in policy ? 'under' : null
    if (place === null) return []
    const message = `found a fault, but ${obstacle}, which no relay can stand in; allowed: client policies only`
    return [{ where: `/policies${step(name)}/${place}`, message }]
  })
}

function obstacleOf(workload: Document): string | null {
  if (workload['protocol'] === 'udp') return 'the workload sends datagrams'
  return typeof workload['socketPath'] === 'string' ? 'the workload goes to a unix socket' : null
}
