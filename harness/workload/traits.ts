import type { Workload } from './workload.ts'

/** Whether a relay can stand between the load and the target: it carries streams and datagrams to an address. */
export function hasFaultPath({ connection }: Pick<Workload, 'connection'>): boolean {
  return !('socketPath' in connection && connection.socketPath !== null)
}

/** Whether some request has no answer: what was sent may reach the target after its operation has ended. */
export function awaitsNothing({ requests }: Pick<Workload, 'requests'>): boolean {
  return requests.some(
    ({ message }) => ('replies' in message && message.replies === 0) || ('reply' in message && !message.reply),
  )
}

/** Whether several requests may be in flight on one connection, and fail with it. */
export function isMultiplexed({ protocol, connection }: Pick<Workload, 'protocol' | 'connection'>): boolean {
  if (protocol === 'grpc') return true
  return 'version' in connection && (connection.version === '2' || connection.pipelining > 1)
}
