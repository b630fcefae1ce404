import type { Reply } from '../../workload/reply.ts'
import { headerBytes } from './datagram.ts'

const nothing = new Uint8Array()

/** What came back for a datagram: a size. Its content is known, or else its attempt has failed. */
export class DatagramReply implements Reply {
  readonly status = 0
  sizeBytes = 0

  get bodyBytes(): number {
    return Math.max(0, this.sizeBytes - headerBytes)
  }

  header(): null {
    return null
  }

  headerNames(): readonly string[] {
    return []
  }

  body(): Uint8Array {
    return nothing
  }
}
