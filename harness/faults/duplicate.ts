import { objectSchema, quantitySchema } from '../kernel/json-schema.ts'
import { shareOf } from '../kernel/units.ts'
import { hits } from './chance.ts'
import { count } from './fault-counter.ts'
import { type FaultMember, type StageContext, unnoticed } from './fault.ts'
import { parameter, shareScale } from './parameter.ts'
import { datagramWith } from './piece-part.ts'
import { defaultMssBytes, Segmenter } from './segmenter.ts'

/** How often something is sent once more than it was. */
export interface DuplicateSettings {
  readonly probability: number
  /** Copies at most; each is drawn by itself. */
  readonly maxExtra: number
}

interface RawDuplicate {
  readonly probability: string | number
  readonly maxExtra?: number
}

/** How many copies of one datagram or segment there are. Eligible is each that could have been. */
function copiesOf({ probability, maxExtra }: DuplicateSettings, context: StageContext, nowNs: number): number {
  let copies = 0
  for (let i = 0; i < maxExtra; i++) if (hits(context, 'duplicate', probability, nowNs)) copies++
  context.tally.eligible += maxExtra
  context.tally.fired += copies
  return copies
}

/**
 * Each of `maxExtra` copies of a datagram is sent with this probability, right behind it. A receiver of a stream sees no
 * copies, as of TCP: segments only weigh more on a link of limited rate, counted in bytes as `duplicate.bytes`. In a ramp
 * the probability grows.
 */
export const duplicate: FaultMember<DuplicateSettings> = {
  keyword: 'duplicate',
  schema: objectSchema(
    {
      probability: quantitySchema('share', 'chance of each copy of a datagram, or of a segment of a stream'),
      maxExtra: {
        type: 'integer',
        minimum: 1,
        maximum: 64,
        default: 1,
        description: 'copies at most, each drawn by itself',
      },
    },
    { required: ['probability'], description: 'Datagrams that come more than once; on streams only their weight.' },
  ),
  directional: true,

  parse(raw) {
    const { probability, maxExtra = 1 } = raw as RawDuplicate
    return { probability: shareOf(probability), maxExtra }
  },

  active: ({ probability }) => probability > 0,

  parameters: [parameter('probability', 'probability', shareScale)],

  stream(settings, context) {
    const segmenter = new Segmenter(defaultMssBytes)
    count(context.counters, 'duplicate.bytes', 0)
    return {
      push(piece, next) {
        const sizeBytes = piece.bytes.length
        for (let from = segmenter.continued(piece); from < sizeBytes; from += defaultMssBytes) {
          const twiceBytes = copiesOf(settings, context, piece.arrivedNs) * Math.min(defaultMssBytes, sizeBytes - from)
          piece.wireBytes += twiceBytes
          context.tally.bytes += twiceBytes
          count(context.counters, 'duplicate.bytes', twiceBytes)
        }
        next(piece)
      },
    }
  },

  datagram(settings, context) {
    const { tally } = context
    return {
      push(datagram, next) {
        const copies = copiesOf(settings, context, datagram.arrivedNs)
        if (copies === 0) return next(datagram)
        const { bytes } = datagram
        tally.bytes += copies * bytes.length
        for (let i = 0; i <= copies; i++) next(datagramWith(datagram, bytes))
      },
    }
  },

  expect: ({ probability }, { direction, datagrams = false }) => ({
    ...unnoticed,
    firedShare: { lo: probability, hi: probability },
    undelivered: datagrams && direction === 'uplink' ? -1 : 0,
  }),
}
