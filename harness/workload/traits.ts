import type { Workload } from './workload.ts'

/** Whether a relay can stand between the load and the target: it carries streams of bytes to an address. */
export function hasFaultPath({ protocol, connection }: Pick<Workload, 'protocol' | 'connection'>): boolean {
  return protocol !== 'udp' && !('socketPath' in connection && connection.socketPath !== null)
}

/** Whether some request has no answer: what was sent may reach the target after its operation has ended. */
export function awaitsNothing({ requests }: Pick<Workload, 'requests'>): boolean {
  return requests.some(
    ({ message }) => ('replies' in message && message.replies === 0) || ('reply' in message && !message.reply),
  )
}
