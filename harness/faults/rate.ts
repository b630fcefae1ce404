import { isRecord } from '../kernel/json.ts'
import { objectSchema, quantitySchema } from '../kernel/json-schema.ts'
import { nsPerMs, nsPerSecond, rateBitsPerSecond, sizeBytes } from '../kernel/units.ts'
import { count } from './fault-counter.ts'
import type { FaultMember, StageContext } from './fault.ts'
import { parameter } from './parameter.ts'
import { type Line, serialise } from './serialisation.ts'

const scopes = ['connection', 'link'] as const

/** A link of limited rate, in one direction. */
export interface RateSettings {
  readonly bitsPerSecond: number
  /** Whether each connection has a line of its own, or all of the arm share one. */
  readonly scope: (typeof scopes)[number]
  /** Bytes that may wait for the line: of each connection, but of all that share it where those are datagrams. At most 8 MiB count on streams. */
  readonly queueBytes: number
}

interface RawRate {
  readonly limit: string
  readonly scope?: RateSettings['scope']
  readonly queue?: string
}

/** The least serialisation delay of an exchange that shows beside a timer's lateness, in ms. */
export const leastVisibleDelayMs = 5

/** How much longer than its bits an exchange may take on the line: partial chunks and their timers. */
const overhead = 1.1

/** What leaves together: 5 ms of bytes, but no more than this. */
const quantumNs = 5 * nsPerMs
const largestQuantumBytes = 16_384

const smallestQueueBytes = 256 * 2 ** 10
const largestQueueBytes = 8 * 2 ** 20

const rateQuantity = quantitySchema('rate', 'bits per second of each connection')

/** A tenth of a second of bytes, within bounds. */
function defaultQueueBytes(bitsPerSecond: number): number {
  return Math.min(largestQueueBytes, Math.max(smallestQueueBytes, Math.ceil(bitsPerSecond / 8 / 10)))
}

/** The line that a connection uses. */
function lineOf({ scope }: RateSettings, context: StageContext): Line {
  const create = (): Line => ({ freeNs: 0 })
  return scope === 'link' ? context.shared(create) : create()
}

const nsPerByteOf = ({ bitsPerSecond }: RateSettings): number => (8 * nsPerSecond) / bitsPerSecond

/**
 * A link of limited rate: bytes leave in quanta of 5 ms or 16 KiB, whichever is less, each when its last bit would have, on
 * an absolute clock. What has no room in the queue holds the sender back (streams), or is dropped at the tail and counted
 * as `rate.queueDrops` (datagrams). With scope `link` the connections of an arm share one line, first come, first served:
 * there is no fair queueing, and what an ended connection had put on the line still takes its time until the next slice.
 * Up to 8 MiB besides the queue may be on their way, as a latency has it: rate times delay beyond that is not reached.
 * In a ramp of strength s a byte takes s times as long, so that the link becomes tighter. Only payload counts: headers,
 * acknowledgements and congestion control are not emulated, and a sender can see more than the rate leave until the
 * buffers of its own kernel are full.
 */
export const rate: FaultMember<RateSettings> = {
  keyword: 'rate',
  schema: {
    description: 'A link of limited rate (a rate such as "10mbps", or an object)',
    if: { type: 'object' },
    then: objectSchema(
      {
        limit: rateQuantity,
        scope: { enum: scopes, default: 'connection', description: 'whose bytes share the rate' },
        queue: quantitySchema('size', 'bytes that may wait for the line, default 100 ms of them, at least 256 KiB'),
      },
      { required: ['limit'], description: 'A link of limited rate.' },
    ),
    else: rateQuantity,
  },
  directional: true,

  parse(raw) {
    const {
      limit,
      scope = 'connection',
      queue,
    } = isRecord(raw) ? (raw as unknown as RawRate) : { limit: raw as string }
    const bitsPerSecond = rateBitsPerSecond(limit)
    const queueBytes = queue === undefined ? defaultQueueBytes(bitsPerSecond) : sizeBytes(queue)
    if (queueBytes === 0) throw new RangeError(`found queue ${JSON.stringify(queue)}, allowed: at least 1 byte`)
    return { bitsPerSecond, scope, queueBytes }
  },

  // A rate of 0 disables the fault, as an explicit 0 does everywhere; a dead line is a fault of its own.
  active: ({ bitsPerSecond }) => bitsPerSecond > 0,

  parameters: [parameter('limit', 'bitsPerSecond', { unit: 'bps', harder: 'less', least: 1000, most: 10_000_000_000 })],

  stream(settings, context) {
    const { tally } = context
    const line = lineOf(settings, context)
    const fullNsPerByte = nsPerByteOf(settings)
    const quantumBytes = Math.max(1, Math.min(largestQuantumBytes, Math.floor(quantumNs / fullNsPerByte)))
    let longestNs = 0
    return {
      heldLimitBytes: settings.queueBytes,
      // What has left the line and is on its way is not in its queue: without this, rate times delay would be the limit.
      flightBytes() {
        longestNs = Math.max(longestNs, context.oneWayNs())
        return longestNs / fullNsPerByte
      },
      push(piece, next) {
        tally.eligible++
        tally.fired++
        tally.bytes += piece.bytes.length
        const nsPerByte = fullNsPerByte * context.strength(piece.arrivedNs)
        serialise(piece, line, { nsPerByte, quantumBytes, aheadNs: 0 }, next)
      },
    }
  },

  datagram(settings, context) {
    const { tally, counters } = context
    const line = lineOf(settings, context)
    const fullNsPerByte = nsPerByteOf(settings)
    counters['rate.queueDrops'] ??= 0
    return {
      push(datagram, next) {
        const sizeBytes = datagram.bytes.length
        const nsPerByte = fullNsPerByte * context.strength(datagram.arrivedNs)
        tally.eligible++
        const { arrivedNs } = datagram
        const queuedBytes = Math.max(0, line.freeNs - arrivedNs) / nsPerByte
        if (queuedBytes + sizeBytes > settings.queueBytes) {
          count(counters, 'rate.queueDrops')
          return
        }
        tally.fired++
        tally.bytes += sizeBytes
        line.freeNs = Math.max(line.freeNs, arrivedNs) + sizeBytes * nsPerByte
        // What another layer has delayed is that much later; on the line it comes before what came after it.
        datagram.dueNs += Math.ceil(line.freeNs - arrivedNs)
        next(datagram)
      },
    }
  },

  expect(settings, { direction, baseline, datagrams = false }) {
    const { min, max } = direction === 'uplink' ? baseline.requestBytes : baseline.responseBytes
    const perByteMs = nsPerByteOf(settings) / nsPerMs
    // Datagrams do not wait for an answer to those before them.
    const queuedBytes = datagrams ? settings.queueBytes : 0
    const own = { lo: min * perByteMs, hi: (max * overhead + queuedBytes) * perByteMs }
    return {
      // How long the others' bytes take on a shared line depends on how many there are.
      delayMs: settings.scope === 'link' ? null : own,
      // A queue of datagrams may overflow.
      firedShare: datagrams ? null : { lo: 1, hi: 1 },
      errorShare: datagrams ? null : 0,
      errorClasses: [],
      undelivered: 0,
    }
  },
}
