import { objectSchema, quantitySchema } from '../kernel/json-schema.ts'
import { durationNs, nsPerMs } from '../kernel/units.ts'
import type { StreamFault } from './fault.ts'

/** One-way delay; with jitter J the delay is uniform in [delay - J, delay + J], never below 0. */
export interface LatencySettings {
  readonly delayNs: number
  readonly jitterNs: number
}

/** What is smaller passes the relay in one chunk, as a rule: the size of its reads. */
const oneChunkBytes = 65_536

interface RawLatency {
  readonly delay: string
  readonly jitter?: string
}

/** Delays every chunk; the order of the bytes is kept, so a large draw holds what comes after it. */
export const latency: StreamFault<LatencySettings> = {
  keyword: 'latency',
  schema: objectSchema(
    {
      delay: quantitySchema('duration', 'one-way delay of every chunk'),
      jitter: quantitySchema('duration', 'uniform in [-jitter, +jitter] around the delay, the sum never below 0'),
    },
    { required: ['delay'], description: 'One-way delay.' },
  ),

  parse(raw) {
    const { delay, jitter = '0ms' } = raw as RawLatency
    return { delayNs: durationNs(delay), jitterNs: durationNs(jitter) }
  },

  active: ({ delayNs, jitterNs }) => delayNs > 0 || jitterNs > 0,

  stage({ delayNs, jitterNs }, rng, tally) {
    return {
      release(readyNs, sizeBytes) {
        const drawnNs = jitterNs === 0 ? delayNs : Math.max(0, delayNs + (2 * rng.next() - 1) * jitterNs)
        tally.eligible++
        if (drawnNs > 0) {
          tally.fired++
          tally.bytes += sizeBytes
        }
        return readyNs + drawnNs
      },
    }
  },

  expect({ delayNs, jitterNs }, { direction, baseline, operations }) {
    const delayMs = delayNs / nsPerMs
    // The median of n draws uniform over 2J has a standard error of J / sqrt(n); 3.9 of them are 1e-4.
    const spreadMs = (3.9 * jitterNs) / nsPerMs / Math.sqrt(Math.max(1, operations))
    const firedShare = jitterNs <= delayNs ? 1 : (delayNs + jitterNs) / (2 * jitterNs)
    // Of a message that comes in several chunks the latest counts, and that is up to one jitter later.
    const { max } = direction === 'uplink' ? baseline.requestBytes : baseline.responseBytes
    const aboveMs = max > oneChunkBytes ? jitterNs / nsPerMs : spreadMs
    return {
      delayMs: { lo: Math.max(0, delayMs - spreadMs), hi: delayMs + aboveMs },
      firedShare,
      errorShare: 0,
      errorClass: null,
    }
  },
}
