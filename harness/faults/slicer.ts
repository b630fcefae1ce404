import { objectSchema, quantitySchema } from '../kernel/json-schema.ts'
import { durationNs, nsPerMs, sizeBytes } from '../kernel/units.ts'
import { type FaultMember, type Piece, unnoticed } from './fault.ts'
import { delayScale, parameter } from './parameter.ts'
import { pieceWith } from './piece-part.ts'

/** Into what parts bytes are cut, and how far apart these leave. */
export interface SlicerSettings {
  readonly averageBytes: number
  readonly variationBytes: number
  readonly delayNs: number
}

interface RawSlicer {
  readonly size: string
  readonly variation?: string
  readonly delay?: string
}

/**
 * Cuts what arrives into parts of `size` bytes, give or take `variation` (uniform, drawn for each), which leave one by one
 * and `delay` apart; in a ramp the delay grows. Each part is written by itself, but a receiver's kernel may join parts that
 * wait for it: without a delay it often does. Segments on the wire are the kernel's, not these. Counts messages, of which
 * those that were cut fired.
 */
export const slicer: FaultMember<SlicerSettings> = {
  keyword: 'slicer',
  schema: objectSchema(
    {
      size: quantitySchema('size', 'average size of a part'),
      variation: quantitySchema('size', 'how much a part may be smaller or larger, default 0'),
      delay: quantitySchema('duration', 'time between parts, default none'),
    },
    { required: ['size'], description: 'Streams in small parts.' },
  ),
  directional: true,

  parse(raw) {
    const { size, variation = '0b', delay = '0ms' } = raw as RawSlicer
    const [averageBytes, variationBytes] = [sizeBytes(size), sizeBytes(variation)]
    if (averageBytes > 0 && variationBytes >= averageBytes) {
      throw new RangeError(`found variation ${JSON.stringify(variation)}, allowed: less than the size, ${size}`)
    }
    return { averageBytes, variationBytes, delayNs: durationNs(delay) }
  },

  active: ({ averageBytes }) => averageBytes > 0,

  parameters: [parameter('delay', 'delayNs', delayScale)],

  stream({ averageBytes, variationBytes, delayNs }, context) {
    const { tally } = context
    let message = Number.NaN
    let fired = false
    let lastNs = Number.NEGATIVE_INFINITY
    let whole: Piece | null = null
    let wholeNs = 0
    const nextSize = (): number =>
      variationBytes === 0
        ? averageBytes
        : context.decide(
            'size',
            () => averageBytes - variationBytes + Math.floor(context.rng.next() * (2 * variationBytes + 1)),
          )
    return {
      push(piece, next) {
        const gapNs = Math.round(delayNs * context.strength(piece.arrivedNs))
        // What was cut last may have become due earlier, as by a loss that was told of, and its parts with it.
        if (whole) lastNs += whole.dueNs - wholeNs
        whole = piece
        wholeNs = piece.dueNs
        if (piece.message !== message) {
          message = piece.message
          fired = false
          tally.eligible++
        }
        const length = piece.bytes.length
        for (let from = 0; from < length;) {
          const to = Math.min(length, from + nextSize())
          if (to < length && !fired) {
            fired = true
            tally.fired++
          }
          // Never the piece itself, although all of it may be one part: stages behind this one would delay that.
          const part = pieceWith(piece, piece.bytes.subarray(from, to), (piece.wireBytes * (to - from)) / length)
          // Without a gap the order of the stream is enough.
          if (gapNs > 0) part.dueNs = Math.max(part.dueNs, lastNs + gapNs)
          lastNs = part.dueNs
          next(part)
          from = to
        }
        if (fired) tally.bytes += length
      },
    }
  },

  expect({ averageBytes, variationBytes, delayNs }, { direction, baseline }) {
    const { min, max } = direction === 'uplink' ? baseline.requestBytes : baseline.responseBytes
    const gapMs = delayNs / nsPerMs
    const parts = max / averageBytes
    // The number of parts strays by the deviation of a part's size, variation / sqrt(3), over its mean; 3.9 times that is 1e-4.
    const strayed = Math.ceil((3.9 * variationBytes * Math.sqrt(parts / 3)) / averageBytes)
    return {
      ...unnoticed,
      delayMs: {
        lo: Math.max(0, Math.ceil(min / (averageBytes + variationBytes)) - 1) * gapMs,
        // Those before it may still leave, and what comes in several pieces has more ends.
        hi: (Math.ceil(parts) + strayed + 1) * gapMs,
      },
      // A message that is no larger than a part is not cut: what a protocol says for itself, and the rest after a pause.
      firedShare: null,
    }
  },
}
