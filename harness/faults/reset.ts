import { objectSchema, quantitySchema } from '../kernel/json-schema.ts'
import { durationNs, shareOf } from '../kernel/units.ts'
import { hits } from './chance.ts'
import { type FaultMember, unnoticed } from './fault.ts'
import { parameter, shareScale } from './parameter.ts'

/** The share of exchanges whose connection is reset, and when. */
export interface ResetSettings {
  readonly probability: number
  /** From the first bytes of the request; 0: before they are forwarded. */
  readonly afterNs: number
}

interface RawReset {
  readonly probability: string | number
  readonly after?: string
}

/**
 * Resets both sides of the connection (a real RST). At once, the request never arrives; `after` some time it has been
 * forwarded, the response may have been too, and the RST may then hit the next exchange or nobody. Drawn once for each
 * exchange. It cannot emulate an RST that overtakes bytes on their way: what was forwarded before is delivered first.
 */
export const reset: FaultMember<ResetSettings> = {
  keyword: 'reset',
  schema: objectSchema(
    {
      probability: quantitySchema('share', 'share of exchanges, drawn once for each'),
      after: quantitySchema(
        'duration',
        'time from the start of the exchange to the RST, default none: before the request',
      ),
    },
    { required: ['probability'], description: 'A real RST in both directions.' },
  ),
  directional: false,

  parse(raw) {
    const { probability, after = '0ms' } = raw as RawReset
    return { probability: shareOf(probability), afterNs: durationNs(after) }
  },

  active: ({ probability }) => probability > 0,

  parameters: [parameter('probability', 'probability', shareScale)],

  connection({ probability, afterNs }, context) {
    const { tally } = context
    return {
      exchange(nowNs, sizeBytes) {
        tally.eligible++
        if (!hits(context, reset.keyword, probability, nowNs)) return null
        tally.fired++
        tally.bytes += sizeBytes
        return { kind: 'reset', afterNs }
      },
    }
  },

  expect: ({ probability, afterNs }) => ({
    ...unnoticed,
    firedShare: { lo: probability, hi: probability },
    errorShare: afterNs === 0 ? probability : null,
    errorClasses: ['reset'],
    undelivered: afterNs === 0 ? 1 : null,
  }),
}
