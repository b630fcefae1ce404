import { objectSchema, quantitySchema } from '../kernel/json-schema.ts'
import { durationNs, shareOf } from '../kernel/units.ts'
import { hits } from './chance.ts'
import { type Datagram, type DatagramStage, type FaultMember, type StageContext, unnoticed } from './fault.ts'
import { parameter, shareScale } from './parameter.ts'
import { datagramWith } from './piece-part.ts'
import { defaultMssBytes } from './segmenter.ts'
import { type ReorderSettings, StreamReorder } from './stream-reorder.ts'

interface RawReorder {
  readonly probability: string | number
  readonly window?: number
  readonly delay?: string
}

/** Of exchanges that are hit: below this share their median is that of the others. */
const medianMovesFrom = 0.3

/** What is due so little apart came at once, and keeps its order. */
const instantNs = 1000

/** A datagram that waits to be overtaken. */
interface HeldDatagram {
  readonly datagram: Datagram
  overtakers: number
  latestNs: number
}

/**
 * A datagram that is hit leaves when `window` later ones have left or `delay` has passed, whichever is first: a timer of its
 * own brings it, so the last one is not lost. At most `window` are held at once and what comes then passes without a draw:
 * also at 100 % there is someone to be overtaken by (with window 1: 2 1 4 3 …), and none is displaced by more than
 * `window` places, but for what jitter displaces besides. On a stream the order stays: a hit segment, and all behind it,
 * is late until `window` more have come or `delay` has passed; over a quarter of the round trip a real sender would have
 * sent it again, counted as `reorder.spuriousRetransmits`. In a ramp the chance to be hit grows, on streams the delay too.
 */
export const reorder: FaultMember<ReorderSettings> = {
  keyword: 'reorder',
  schema: objectSchema(
    {
      probability: quantitySchema('share', 'share of datagrams, or of segments of a stream'),
      window: {
        type: 'integer',
        minimum: 1,
        maximum: 64,
        default: 1,
        description: 'by how many it is overtaken at most',
      },
      delay: quantitySchema('duration', 'how long it waits for them at most, default 50 ms'),
    },
    { required: ['probability'], description: 'Datagrams that overtake others; on streams only their cost.' },
  ),
  directional: true,

  parse(raw) {
    const { probability, window = 1, delay = '50ms' } = raw as RawReorder
    const delayNs = durationNs(delay)
    if (delayNs === 0)
      throw new RangeError(`found delay ${JSON.stringify(delay)}, allowed: more than 0, or nothing waits`)
    return { probability: shareOf(probability), window, delayNs }
  },

  active: ({ probability }) => probability > 0,

  parameters: [parameter('probability', 'probability', shareScale)],

  stream: (settings, context) => new StreamReorder(settings, context),

  datagram: (settings, context) => reorderDatagrams(settings, context),

  expect({ probability }, { direction, baseline, datagrams = false }) {
    const { max } = direction === 'uplink' ? baseline.requestBytes : baseline.responseBytes
    const units = datagrams ? 1 : Math.max(1, Math.ceil(max / defaultMssBytes))
    return {
      ...unnoticed,
      delayMs: 1 - (1 - probability) ** units < medianMovesFrom ? { lo: 0, hi: 0 } : null,
      firedShare: { lo: probability, hi: probability },
    }
  },
}

function reorderDatagrams({ probability, window, delayNs }: ReorderSettings, context: StageContext): DatagramStage {
  const { tally } = context
  let held: HeldDatagram[] = []
  let releasedNs = Number.NEGATIVE_INFINITY

  /** One more passes: who is overtaken by the last that it waits for leaves right behind it. */
  const overtake = (dueNs: number): void => {
    held = held.filter((one) => {
      if (dueNs >= one.datagram.dueNs) return true
      one.overtakers++
      one.latestNs = Math.max(one.latestNs, dueNs)
      if (one.overtakers < window) return true
      releasedNs = one.latestNs + 1
      one.datagram.dueNs = Math.min(one.datagram.dueNs, releasedNs)
      context.hurry()
      return false
    })
  }

  return {
    push(datagram, next) {
      held = held.filter((one) => one.datagram.dueNs > datagram.arrivedNs)
      // Due in the instant in which those before it leave: not before them.
      if (datagram.dueNs < releasedNs && datagram.dueNs >= releasedNs - instantNs) datagram.dueNs = releasedNs
      if (held.length < window) {
        tally.eligible++
        if (hits(context, 'reorder', probability, datagram.arrivedNs)) {
          tally.fired++
          tally.bytes += datagram.bytes.length
          held.push({ datagram, overtakers: 0, latestNs: datagram.dueNs })
          datagram.dueNs += delayNs
          // Not itself: what stages behind this one add is not to be taken for its own time.
          next(datagramWith(datagram, datagram.bytes))
          return
        }
      }
      const { dueNs } = datagram
      next(datagram)
      overtake(dueNs)
    },
  }
}
