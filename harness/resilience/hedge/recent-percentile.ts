/** Buckets per doubling: a value is told up to a sixteenth too high, and never too low. */
const perOctave = 16
const unitNs = 1000
const octaves = 40

/** So many samples are remembered; a percentile is told from `enough` on. */
const remembered = 512
const enough = 100

/** The percentile is looked up again after so many samples. */
const lookUpEvery = 16

/** A percentile of the last 512 durations: a ring of log-linear buckets. Recording costs O(1) and allocates nothing. */
export class RecentPercentile {
  readonly #percent: number
  readonly #ring = new Uint16Array(remembered)
  readonly #counts = new Uint16Array(octaves * perOctave)
  #recorded = 0
  #valueNs: number | null = null

  /** `percent` lies above 0 and below 100. */
  constructor(percent: number) {
    this.#percent = percent
  }

  /** In ns; null while too little is known. */
  get valueNs(): number | null {
    return this.#valueNs
  }

  record(durationNs: number): void {
    const at = this.#recorded % remembered
    if (this.#recorded >= remembered) this.#change(this.#ring[at] as number, -1)
    const bucket = bucketOf(durationNs)
    this.#ring[at] = bucket
    this.#change(bucket, 1)
    this.#recorded++
    if (this.#recorded >= enough && (this.#recorded - enough) % lookUpEvery === 0) this.#valueNs = this.#lookUp()
  }

  #change(bucket: number, by: number): void {
    this.#counts[bucket] = (this.#counts[bucket] as number) + by
  }

  /** By nearest rank. */
  #lookUp(): number {
    const rank = Math.ceil((this.#percent / 100) * Math.min(this.#recorded, remembered))
    let bucket = 0
    for (let seen = this.#counts[0] as number; seen < rank; seen += this.#counts[bucket] as number) bucket++
    return upperNs(bucket)
  }
}

function bucketOf(durationNs: number): number {
  const units = Math.max(1, durationNs / unitNs)
  const octave = Math.floor(Math.log2(units))
  const within = Math.floor((units / 2 ** octave - 1) * perOctave)
  // Next to a power of two the logarithm is rounded, so that either may be one too many.
  return Math.min(octaves * perOctave - 1, Math.max(0, octave * perOctave + Math.min(within, perOctave - 1)))
}

function upperNs(bucket: number): number {
  const octave = Math.floor(bucket / perOctave)
  return Math.round(unitNs * 2 ** octave * (1 + ((bucket % perOctave) + 1) / perOctave))
}
