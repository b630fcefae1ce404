import { objectSchema, quantitySchema } from '../kernel/json-schema.ts'
import { durationNs, nsPerMs, shareOf } from '../kernel/units.ts'
import { hits } from './chance.ts'
import { type FaultMember, unnoticed } from './fault.ts'
import { parameter, shareScale } from './parameter.ts'

/** The share of exchanges that get no answer, and for how long. */
export interface HangSettings {
  readonly probability: number
  /** Then the connection is closed; null: never. */
  readonly timeoutNs: number | null
}

interface RawHang {
  readonly probability: string | number
  readonly timeout?: string
}

/**
 * From the first bytes of an exchange on nothing passes its connection any more, either way, until the fault is removed or
 * goes off (then what was held goes on its way), or until `timeout` (then it is closed; Toxiproxy's `timeout`). Drawn once
 * for each exchange. A client's limit on waiting is not this: that is the client policy `timeout`, or the workload's.
 * The kernel goes on to acknowledge: writes of either peer succeed until buffers are full, keep-alive probes are answered,
 * and neither ever sees ETIMEDOUT from its own kernel, as it would of a cut cable.
 */
export const hang: FaultMember<HangSettings> = {
  keyword: 'hang',
  schema: objectSchema(
    {
      probability: quantitySchema('share', 'share of exchanges, drawn once for each'),
      timeout: quantitySchema('duration', 'time until the connection is closed, default never'),
    },
    { required: ['probability'], description: 'Exchanges get no answer; nothing passes their connection any more.' },
  ),
  directional: false,

  parse(raw) {
    const { probability, timeout } = raw as RawHang
    return { probability: shareOf(probability), timeoutNs: timeout === undefined ? null : durationNs(timeout) }
  },

  active: ({ probability }) => probability > 0,

  parameters: [parameter('probability', 'probability', shareScale)],

  connection({ probability, timeoutNs }, context) {
    const { tally } = context
    return {
      exchange(nowNs, sizeBytes) {
        tally.eligible++
        if (!hits(context, hang.keyword, probability, nowNs)) return null
        tally.fired++
        tally.bytes += sizeBytes
        if (timeoutNs === null) return { kind: 'hang', untilNs: Number.POSITIVE_INFINITY, then: 'release' }
        return { kind: 'hang', untilNs: nowNs + timeoutNs, then: 'close' }
      },
    }
  },

  delays({ probability, timeoutNs }) {
    const heldMs = timeoutNs === null ? Number.POSITIVE_INFINITY : timeoutNs / nsPerMs
    const delays = [
      { ms: 0, share: 1 - probability },
      { ms: heldMs, share: probability },
    ]
    return { least: delays, most: delays }
  },

  expect: ({ probability, timeoutNs }) => ({
    ...unnoticed,
    firedShare: { lo: probability, hi: probability },
    errorShare: probability,
    errorClasses: timeoutNs === null ? ['timeout'] : ['timeout', 'closed'],
    // Removed or gone off, what was held goes on its way.
    undelivered: timeoutNs === null ? null : 1,
  }),
}
