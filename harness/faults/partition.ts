import { objectSchema } from '../kernel/json-schema.ts'
import { type FaultMember, unnoticed } from './fault.ts'

/**
 * Nothing passes any connection or session, either way, from its next bytes on. What streams held goes on its way when the
 * fault is removed or goes off; datagrams are gone. Counted once for each connection that is cut, and for each datagram.
 * Handshakes still succeed, since the kernel accepts for the relay (`connectTimeout` is what fails them), and it
 * acknowledges what is sent: writes succeed until buffers are full. A FIN of a connection on which nothing was sent passes.
 */
export const partition: FaultMember<boolean> = {
  keyword: 'partition',
  schema: {
    description: 'Nothing passes, either way, of any connection. False disables it',
    anyOf: [{ type: 'boolean' }, objectSchema({})],
  },
  directional: false,

  parse: (raw) => raw !== false,

  active: (on) => on,

  connection(_on, { tally }) {
    return {
      bytes(_direction, sizeBytes) {
        tally.eligible++
        tally.fired++
        tally.bytes += sizeBytes
        return { pass: 0, then: { kind: 'hang', untilNs: Number.POSITIVE_INFINITY, then: 'release' } }
      },
    }
  },

  datagram(_on, { tally }) {
    return {
      push({ bytes }) {
        tally.eligible++
        tally.fired++
        tally.bytes += bytes.length
      },
    }
  },

  expect: () => ({ ...unnoticed, errorShare: 1, errorClasses: ['timeout', 'lost'], undelivered: null }),
}
