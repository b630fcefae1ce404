import { quantitySchema } from '../kernel/json-schema.ts'
import { nsPerMs, nsPerSecond, rateBitsPerSecond } from '../kernel/units.ts'
import type { StreamFault } from './fault.ts'

/** Bits per second of one direction of one connection. */
export interface RateSettings {
  readonly bitsPerSecond: number
}

/** The least serialisation delay of an exchange that shows beside a timer's lateness, in ms. */
export const leastVisibleDelayMs = 5

/** How much longer than its bits an exchange may take on the line: partial chunks and their timers. */
const overhead = 1.1

/**
 * A link of limited rate: a chunk leaves when its last bit would have, after all bits before it. The serialisation
 * clock is absolute, so no time is lost or won between chunks; an idle link saves up nothing.
 */
export const rate: StreamFault<RateSettings> = {
  keyword: 'rate',
  schema: quantitySchema('rate', 'bits per second of each connection'),

  parse: (raw) => ({ bitsPerSecond: rateBitsPerSecond(raw) }),

  // A rate of 0 disables the fault, as an explicit 0 does everywhere; a dead line is a fault of its own.
  active: ({ bitsPerSecond }) => bitsPerSecond > 0,

  stage({ bitsPerSecond }, _rng, tally) {
    const nsPerByte = (8 * nsPerSecond) / bitsPerSecond
    let freeNs = 0
    return {
      release(readyNs, sizeBytes) {
        freeNs = Math.max(freeNs, readyNs) + sizeBytes * nsPerByte
        tally.eligible++
        tally.fired++
        tally.bytes += sizeBytes
        return freeNs
      },
    }
  },

  expect({ bitsPerSecond }, { direction, baseline }) {
    const { min, max } = direction === 'uplink' ? baseline.requestBytes : baseline.responseBytes
    const perByteMs = (8 * nsPerSecond) / bitsPerSecond / nsPerMs
    return {
      delayMs: { lo: min * perByteMs, hi: max * perByteMs * overhead },
      firedShare: 1,
      errorShare: 0,
      errorClass: null,
    }
  },
}
