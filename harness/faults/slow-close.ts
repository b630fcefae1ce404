import { objectSchema, quantitySchema } from '../kernel/json-schema.ts'
import { durationNs } from '../kernel/units.ts'
import { type FaultMember, unnoticed } from './fault.ts'
import { delayScale, parameter } from './parameter.ts'

/** How long the end of a stream is held. */
export interface SlowCloseSettings {
  readonly delayNs: number
}

/**
 * Holds the FIN of one direction; bytes are not delayed (Toxiproxy's `slow_close`). Whoever keeps its connections, or
 * knows where a message ends, does not notice. An RST is passed on at once.
 */
export const slowClose: FaultMember<SlowCloseSettings> = {
  keyword: 'slowClose',
  schema: objectSchema(
    { delay: quantitySchema('duration', 'how long a FIN of this direction is held') },
    { required: ['delay'], description: 'Connections close late.' },
  ),
  directional: true,

  parse: (raw) => ({ delayNs: durationNs((raw as { readonly delay: string }).delay) }),

  active: ({ delayNs }) => delayNs > 0,

  parameters: [parameter('delay', 'delayNs', delayScale)],

  stream({ delayNs }, context) {
    return {
      push: (piece, next) => next(piece),
      end(readyNs) {
        context.tally.eligible++
        context.tally.fired++
        return readyNs + Math.round(delayNs * context.strength(readyNs))
      },
    }
  },

  // A body that ends with its connection is complete that much later; no other message is. Connections may outlive the load.
  expect: () => ({ ...unnoticed, delayMs: null, firedShare: null }),
}
