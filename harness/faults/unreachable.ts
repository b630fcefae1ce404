import { objectSchema, quantitySchema } from '../kernel/json-schema.ts'
import { shareOf } from '../kernel/units.ts'
import type { FaultMember } from './fault.ts'
import { parameter, shareScale } from './parameter.ts'

export const unreachableCodes = ['EHOSTUNREACH', 'ENETUNREACH'] as const

/** The share of connections that find no way to the host. */
export interface UnreachableSettings {
  readonly probability: number
  readonly code: (typeof unreachableCodes)[number]
}

/**
 * Fails connections of our own clients as if there were no route, before they are dialled. Synthetic: no ICMP message comes,
 * the kernel is not asked, and errors say so. Clients that are not soakrig's own are not hit.
 */
export const unreachable: FaultMember<UnreachableSettings> = {
  keyword: 'unreachable',
  schema: objectSchema(
    {
      probability: quantitySchema('share', 'share of connections, drawn once for each'),
      code: { enum: unreachableCodes, default: 'EHOSTUNREACH', description: 'what the connection fails with' },
    },
    {
      required: ['probability'],
      description: 'Hosts or networks without a route, made up where connections are dialled.',
    },
  ),
  directional: false,
  elsewhere: 'dialer',

  parse(raw) {
    const { probability, code = 'EHOSTUNREACH' } = raw as {
      probability: string | number
      code?: UnreachableSettings['code']
    }
    return { probability: shareOf(probability), code }
  },

  active: ({ probability }) => probability > 0,

  parameters: [parameter('probability', 'probability', shareScale)],

  // One connection may carry many attempts, unless none is made at all.
  expect: ({ probability }) => ({
    delayMs: { lo: 0, hi: 0 },
    firedShare: { lo: probability, hi: probability },
    errorShare: probability === 1 ? 1 : null,
    errorClasses: ['unreachable'],
    undelivered: 1,
  }),
}
