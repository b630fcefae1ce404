import { quantitySchema } from '../kernel/json-schema.ts'
import { sizeBytes } from '../kernel/units.ts'
import { type FaultMember, unnoticed } from './fault.ts'
import { allowanceScale } from './parameter.ts'

/**
 * Datagrams whose payload is larger are dropped without a word, as on a path with a black hole for ICMP. There is no
 * fragmentation, which would let them through in parts, and no "packet too big" is sent back. 0 disables it.
 */
export const mtu: FaultMember<number> = {
  keyword: 'mtu',
  schema: quantitySchema('size', 'largest payload of a datagram that passes'),
  directional: true,

  parse: (raw) => sizeBytes(raw),

  active: (largest) => largest > 0,

  parameters: [{ ...allowanceScale, key: '', read: (largest) => largest, write: (_, value) => value }],

  datagram(largest, { tally }) {
    return {
      push(datagram, next) {
        tally.eligible++
        if (datagram.bytes.length <= largest) return next(datagram)
        tally.fired++
        tally.bytes += datagram.bytes.length
      },
    }
  },

  expect: (_largest, { direction }) => ({
    ...unnoticed,
    firedShare: null,
    errorShare: null,
    errorClasses: ['lost'],
    undelivered: direction === 'uplink' ? 1 : 0,
  }),
}
