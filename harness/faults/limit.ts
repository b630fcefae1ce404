import { objectSchema, quantitySchema } from '../kernel/json-schema.ts'
import { sizeBytes } from '../kernel/units.ts'
import { type FaultMember, unnoticed } from './fault.ts'
import { allowanceScale, parameter } from './parameter.ts'

/** How a connection ends that has used up what it may carry. */
const endings = ['close', 'reset'] as const

/** What a connection may carry in one direction. */
export interface LimitSettings {
  readonly afterBytes: number
  readonly action: (typeof endings)[number]
}

interface RawLimit {
  readonly after: string
  readonly action?: LimitSettings['action']
}

/**
 * Ends a connection as soon as exactly so many bytes of the direction have passed, 0 of them at the first byte
 * (Toxiproxy's `limit_data`); what came with them beyond that is not delivered. Each connection has its own count. An end
 * that falls between two messages is no failure: the client makes a new connection.
 */
export const limit: FaultMember<LimitSettings> = {
  keyword: 'limit',
  schema: objectSchema(
    {
      after: quantitySchema('size', 'bytes of this direction that pass'),
      action: {
        enum: endings,
        default: 'close',
        description: 'How the connection ends: a FIN or an RST to both sides',
      },
    },
    { required: ['after'], description: 'Connections end after so many bytes.' },
  ),
  directional: true,

  parse(raw) {
    const { after, action = 'close' } = raw as RawLimit
    return { afterBytes: sizeBytes(after), action }
  },

  active: () => true,

  parameters: [parameter('after', 'afterBytes', allowanceScale)],

  connection({ afterBytes, action }, { direction: limited, tally }) {
    let passed = 0
    let ended = false
    return {
      bytes(direction, size) {
        if (direction !== limited) return null
        if (passed === 0) tally.eligible++
        passed += size
        if (passed < afterBytes) return null
        const pass = Math.max(0, size - (passed - afterBytes))
        if (!ended) tally.fired++
        ended = true
        tally.bytes += size - pass
        return { pass, then: { kind: action, afterNs: 0 } }
      },
    }
  },

  expect: ({ action }, { direction }) => ({
    ...unnoticed,
    firedShare: null,
    errorShare: null,
    errorClasses: [action === 'reset' ? 'reset' : 'closed'],
    undelivered: direction === 'uplink' ? null : 0,
  }),
}
