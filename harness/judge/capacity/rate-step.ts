/** What one slice of arrivals at a rate came to; rates are per second, of the middle of the slice. */
export interface RateSlice {
  /** How long that middle is. */
  readonly seconds: number
  /** By the schedule. */
  readonly due: number
  /** Of those, what the generator started. */
  readonly sent: number
  /** What came to an end, well or not. */
  readonly ended: number
  readonly ok: number
  /** Of the whole slice; null where nothing ended. */
  readonly errorRate: number | null
  /** Whether the latency kept its limits; true where it has none. */
  readonly inTime: boolean
  readonly generator: GeneratorState
}

/**
 * How the generator fared: it used nearly a whole core, it started arrivals later than their latency can bear, or this machine
 * had no port, file or buffer left.
 */
export type GeneratorState = 'fine' | 'busy' | 'late' | 'exhausted'

/** Why a rate did not hold: the target fell behind, failed, or was slow; or the generator was at its end before it. */
export type Trouble = 'behind' | 'errors' | 'slow' | 'generator'

/** Whether a rate held; null while that takes a further slice. */
export type StepVerdict = 'held' | Trouble | null

/** A rate holds where this share of what was due came to its end, and not more than that share failed. */
const leastEnded = 0.98
const mostErrors = 0.01
/** So many may be missing of few as well: what is in flight at the end of the middle, and was not at its beginning. */
const mostMissing = 2
/** Less than this of what was due is the generator's own failure (Nighthawk's adaptive controller asks for the same). */
const leastSent = 0.99

/** What kept one slice from holding, if anything did. */
export function troubleOf({ seconds, due, sent, ended, errorRate, inTime, generator }: RateSlice): Trouble | null {
  if (ended === 0 || due - ended > Math.max((1 - leastEnded) * due, mostMissing / seconds)) {
    const own = sent < leastSent * due || generator === 'busy' || generator === 'exhausted'
    return own ? 'generator' : 'behind'
  }
  if (errorRate === null) return 'behind'
  if (errorRate > mostErrors) return generator === 'exhausted' ? 'generator' : 'errors'
  if (!inTime) return generator === 'busy' || generator === 'late' ? 'generator' : 'slow'
  return null
}

/** Two slices decide about a rate where they agree; else a third one does. What the target did counts before what we did. */
export function stepVerdict(slices: readonly RateSlice[]): StepVerdict {
  const troubles = slices.map(troubleOf)
  const held = troubles.filter((trouble) => trouble === null).length
  const found = troubles.filter((trouble) => trouble !== null)
  if (held >= 2) return 'held'
  if (found.length < 2) return null
  return found.find((trouble) => trouble !== 'generator') ?? 'generator'
}
