import { Buffer } from 'node:buffer'
import { objectSchema, quantitySchema } from '../kernel/json-schema.ts'
import { shareOf } from '../kernel/units.ts'
import { hits } from './chance.ts'
import { type FaultMember, unnoticed } from './fault.ts'
import { parameter, shareScale } from './parameter.ts'
import { datagramWith } from './piece-part.ts'

/** The share of datagrams with a wrong bit. */
export interface CorruptSettings {
  readonly probability: number
}

/**
 * Flips one bit of a datagram, at a place drawn at random (netem's `corrupt`). On a real path most of these fail the
 * checksum of UDP and are lost; here the relay sends the wrong bytes with a right one. An empty datagram has no bit.
 */
export const corrupt: FaultMember<CorruptSettings> = {
  keyword: 'corrupt',
  schema: objectSchema(
    { probability: quantitySchema('share', 'share of datagrams, drawn once for each') },
    { required: ['probability'], description: 'Datagrams with one wrong bit.' },
  ),
  directional: true,

  parse: (raw) => ({ probability: shareOf((raw as { readonly probability: string | number }).probability) }),

  active: ({ probability }) => probability > 0,

  parameters: [parameter('probability', 'probability', shareScale)],

  datagram({ probability }, context) {
    const { tally, rng } = context
    return {
      push(datagram, next) {
        const { bytes, arrivedNs } = datagram
        if (bytes.length === 0) return next(datagram)
        tally.eligible++
        if (!hits(context, corrupt.keyword, probability, arrivedNs)) return next(datagram)
        tally.fired++
        tally.bytes += bytes.length
        const bit = context.decide('corrupt.bit', () => Math.floor(rng.next() * 8 * bytes.length))
        // A copy: what a duplicate shares stays as it is.
        const wrong = Buffer.from(bytes)
        wrong.writeUInt8(wrong.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
        next(datagramWith(datagram, wrong))
      },
    }
  },

  expect: ({ probability }) => ({
    ...unnoticed,
    firedShare: { lo: probability, hi: probability },
    // Whether it is noticed depends on what the bit meant.
    errorShare: null,
    undelivered: null,
  }),
}
