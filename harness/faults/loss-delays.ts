import { nsPerMs } from '../kernel/units.ts'
import type { DelayBounds, DelayContext, Delays, Direction } from './fault.ts'
import type { LossModel } from './loss-process.ts'
import { RoundTripEstimate } from './retransmission.ts'
import type { StreamLossSettings } from './stream-loss.ts'

/** A segment that is lost more often in a row is as late as one that is lost so often. */
const mostLosses = 16

const never = Number.POSITIVE_INFINITY
const none: Delays = [{ ms: 0, share: 1 }]

/**
 * How long losses hold up an exchange on a stream. Of segments that are lost each by itself the k-th loss in a row has the
 * probability p^k: one segment at least is sent, and all of them are late no more often than each of them is, added up. The
 * first loss of a single segment waits for a probe; one of several may be told of at once. Null for losses in bursts.
 */
export function lossDelays(model: LossModel, tcp: StreamLossSettings, context: DelayContext): DelayBounds | null {
  if (model.kind !== 'random' || model.burst > 1) return null
  if (tcp.mode === 'off' || tcp.mode === 'reset') return { least: none, most: none }
  const { direction, directions, eligible, alone } = context
  const segments = segmentsOf(direction, tcp, context)
  const foreseen = directions.reduce((sum, one) => sum + segmentsOf(one, tcp, context), 0)
  // What came in more pieces than its length asks for may all have come this way.
  const sent = segments + Math.max(0, eligible - foreseen)
  const waits = waitsOf(tcp)
  const first = tcp.mode === 'stall' || (segments === 1 && alone)
  return {
    least: delaysOf(1, model.probability, (losses) => (first ? waits(losses) : waits(losses) - waits(1))),
    most: mostDelays(sent, model.probability, tcp, alone),
  }
}

/** Round trips that latencies add make every wait longer, and what is more than a window's worth waits without being lost. */
function mostDelays(sent: number, probability: number, tcp: StreamLossSettings, alone: boolean): Delays {
  if (alone || tcp.mode === 'stall') return delaysOf(sent, probability, waitsOf(tcp))
  const paced = tcp.congestion === 'mathis' && sent > 1.22 / Math.sqrt(probability)
  return paced ? [{ ms: never, share: 1 }] : delaysOf(sent, probability, () => never)
}

/** Datagrams are lost for good. */
export function datagramLossDelays(model: LossModel, { directions, eligible }: DelayContext): DelayBounds | null {
  if (model.kind !== 'random' || model.burst > 1) return null
  const sent = 1 + Math.max(0, eligible - directions.length)
  return { least: delaysOf(1, model.probability, () => never), most: delaysOf(sent, model.probability, () => never) }
}

function segmentsOf(direction: Direction, { mssBytes }: StreamLossSettings, { baseline }: DelayContext): number {
  const { max } = direction === 'uplink' ? baseline.requestBytes : baseline.responseBytes
  return Math.max(1, Math.ceil(max / mssBytes))
}

/** How late, in ms, a segment is that is alone on its way and lost so often, where no latency adds to the round trip. */
function waitsOf(tcp: StreamLossSettings): (losses: number) => number {
  if (tcp.mode === 'stall') return (losses) => (losses * tcp.rtoMinNs) / nsPerMs
  const estimate = new RoundTripEstimate(tcp)
  estimate.observe(0)
  return (losses) => (estimate.probeNs(0, 1) + estimate.backoffNs(0, losses - 1)) / nsPerMs
}

/** The latest of so many segments, counted on average, each of which is lost with a probability. */
function delaysOf(segments: number, probability: number, ms: (losses: number) => number): Delays {
  const atLeast = (losses: number): number => (losses > mostLosses ? 0 : Math.min(1, segments * probability ** losses))
  const lost = Array.from({ length: mostLosses }, (_, index) => index + 1)
  return [
    { ms: 0, share: 1 - atLeast(1) },
    ...lost.map((losses) => ({ ms: ms(losses), share: atLeast(losses) - atLeast(losses + 1) })),
  ]
}
