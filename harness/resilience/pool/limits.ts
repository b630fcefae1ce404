/** How large a pool is and how long things may take; Infinity where nothing limits them. */
export interface PoolLimits {
  /** It keeps so many, and never has more than `max`, those being made included. */
  readonly min: number
  readonly max: number
  /** How long a claim may wait in the line. Neither the making of what it is given counts, nor a check. */
  readonly acquireTimeoutNs: number
  /** How long making one may take. */
  readonly connectTimeoutNs: number
  /** One that nobody has used for so long is closed while there are more than `min`. */
  readonly idleTimeoutNs: number
  /** No longer than this one is given out, a tenth at most less, so that those made together do not end together. */
  readonly maxLifetimeNs: number
  /** How long the answer to a check may take. */
  readonly checkTimeoutNs: number
  /** Which idle one is given out: that used last, so that those not needed end, or that not used for longest. */
  readonly order: 'lifo' | 'fifo'
  /** How often one is made up to `min` without a claim to it, the warm-up not counted. */
  readonly refillPerSecond: number
  /** How often one is made at all, but for the warm-up and those in place of one that failed its check. */
  readonly connectsPerSecond: number
}

/** None but a number: those used last are given out first, and stay as long as they are of use. */
export function unlimitedBut(max: number): PoolLimits {
  return {
    min: 0,
    max,
    acquireTimeoutNs: Number.POSITIVE_INFINITY,
    connectTimeoutNs: Number.POSITIVE_INFINITY,
    idleTimeoutNs: Number.POSITIVE_INFINITY,
    maxLifetimeNs: Number.POSITIVE_INFINITY,
    checkTimeoutNs: Number.POSITIVE_INFINITY,
    order: 'lifo',
    refillPerSecond: 10,
    connectsPerSecond: Number.POSITIVE_INFINITY,
  }
}

/** Throws a RangeError for limits that make no sense. */
export function checkLimits({ min, max, order: _, ...positive }: PoolLimits): void {
  if (!(Number.isInteger(min) && min >= 0)) throw new RangeError(`found min ${min}, allowed: a whole number from 0`)
  if (!(Number.isInteger(max) && max >= 1)) throw new RangeError(`found max ${max}, allowed: a whole number from 1`)
  if (max < min) throw new RangeError(`found max ${max}, allowed: at least min, which is ${min}`)
  for (const [name, value] of Object.entries(positive))
    if (!(value > 0)) throw new RangeError(`found ${name} ${value}, allowed: over 0`)
}
