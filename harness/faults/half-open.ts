import { objectSchema, quantitySchema } from '../kernel/json-schema.ts'
import { sizeBytes } from '../kernel/units.ts'
import { type Action, type FaultMember, unnoticed } from './fault.ts'
import { allowanceScale, parameter } from './parameter.ts'

const endings = ['silence', 'reset', 'close'] as const

/** What a connection may carry, both directions together, and how it fails then. */
export interface HalfOpenSettings {
  readonly afterBytes: number
  readonly action: (typeof endings)[number]
}

interface RawHalfOpen {
  readonly after: string
  readonly action?: HalfOpenSettings['action']
}

const actions: Readonly<Record<HalfOpenSettings['action'], Action>> = {
  silence: { kind: 'hang', untilNs: Number.POSITIVE_INFINITY, then: 'release' },
  reset: { kind: 'reset', afterNs: 0 },
  close: { kind: 'close', afterNs: 0 },
}

/** In which class a client counts that. */
const classes: Readonly<Record<HalfOpenSettings['action'], string>> = {
  silence: 'timeout',
  reset: 'reset',
  close: 'closed',
}

/**
 * A connection whose peer is gone without a word once exactly so many bytes have passed, both directions counted together:
 * what comes next is held, and so is all after it, without a FIN or an RST; or the connection ends by one of those. Each
 * connection has its own count. The kernel still acknowledges what is sent to a silent peer, so that a sender learns of it
 * only by its own limit on waiting, never by ETIMEDOUT or by a keep-alive probe that is not answered.
 */
export const halfOpen: FaultMember<HalfOpenSettings> = {
  keyword: 'halfOpen',
  schema: objectSchema(
    {
      after: quantitySchema('size', 'bytes that pass, both directions together'),
      action: {
        enum: endings,
        default: 'silence',
        description: 'What follows: nothing at all, an RST to both sides, or a FIN to both sides',
      },
    },
    { required: ['after'], description: 'The peer of a connection is gone after so many bytes.' },
  ),
  directional: false,

  parse(raw) {
    const { after, action = 'silence' } = raw as RawHalfOpen
    return { afterBytes: sizeBytes(after), action }
  },

  active: () => true,

  parameters: [parameter('after', 'afterBytes', allowanceScale)],

  connection({ afterBytes, action }, { tally }) {
    let passed = 0
    let begun = false
    let gone = false
    return {
      bytes(_direction, size) {
        if (!begun) tally.eligible++
        begun = true
        const pass = Math.min(size, afterBytes - passed)
        passed += pass
        if (pass === size) return null
        if (!gone) tally.fired++
        gone = true
        tally.bytes += size - pass
        return { pass, then: actions[action] }
      },
    }
  },

  expect: ({ action }) => ({
    ...unnoticed,
    firedShare: null,
    errorShare: null,
    errorClasses: [classes[action]],
    undelivered: null,
  }),
}
