import { nsPerSecond, significant } from '../../kernel/units.ts'
import type { Outcome } from '../outcome.ts'
import type { PolicyLog } from '../policy-log.ts'
import { saysOverload, tookOn } from './overload.ts'
import type { RateAlgorithm } from './rate-algorithm.ts'
import { TokenBucket } from './token-bucket.ts'

/** How a rate finds its own level. Rates in calls per second. */
export interface AimdRateOptions {
  readonly initial: number
  readonly min: number
  readonly max: number
  /** What is added, as a share of the initial rate. */
  readonly increase: number
  /** What a cut leaves, in (0, 1). */
  readonly decrease: number
  readonly burst: number
}

/** So long a rate must have been fine before it is raised. */
const stepNs = nsPerSecond

/**
 * A token bucket whose rate rises by a fixed step each second and is cut to a share at once when the target says that it
 * has too much to do (additive increase, multiplicative decrease: Chiu and Jain 1989). What passed before a cut does not
 * cut again, for it says nothing of the new rate. Nothing is added while less than half of the rate is used.
 */
export class AimdRate implements RateAlgorithm {
  readonly changes = { raised: 0, cut: 0 }
  readonly #options: AimdRateOptions
  readonly #bucket: TokenBucket
  readonly #log: PolicyLog
  #cutNs = Number.NEGATIVE_INFINITY
  /** Since when, and how many have passed since; null before the first call. */
  #sinceNs: number | null = null
  #passed = 0

  constructor(options: AimdRateOptions, log: PolicyLog) {
    this.#options = options
    this.#bucket = new TokenBucket(options.initial, burstAt(options.initial, options.burst))
    this.#log = log
  }

  get perSecond(): number {
    return this.#bucket.perSecond
  }

  waitNs(ahead: number, nowNs: number): number {
    return this.#bucket.waitNs(ahead, nowNs)
  }

  pass(nowNs: number): void {
    this.#sinceNs ??= nowNs
    this.#passed++
    this.#bucket.pass(nowNs)
  }

  ended(outcome: Outcome, passedNs: number, nowNs: number): void {
    if (saysOverload(outcome)) {
      if (passedNs < this.#cutNs) return
      this.#cutNs = nowNs
      if (this.#change(this.perSecond * this.#options.decrease, 'overload', nowNs)) this.changes.cut++
    } else if (tookOn(outcome)) this.#rise(nowNs)
  }

  #rise(nowNs: number): void {
    const forNs = nowNs - (this.#sinceNs ?? nowNs)
    if (forNs < stepNs) return
    if (this.#passed < (this.perSecond * forNs) / nsPerSecond / 2) return this.#startStep(nowNs)
    const { initial, increase } = this.#options
    if (this.#change(this.perSecond + initial * increase, 'room', nowNs)) this.changes.raised++
  }

  #startStep(nowNs: number): void {
    this.#sinceNs = nowNs
    this.#passed = 0
  }

  /** False where the rate is at its limit already. */
  #change(wanted: number, reason: string, nowNs: number): boolean {
    this.#startStep(nowNs)
    const { min, max, burst } = this.#options
    const before = this.perSecond
    const after = Math.min(max, Math.max(min, wanted))
    if (after === before) return false
    this.#bucket.change(after, burstAt(after, burst), nowNs)
    const [event, from] = [`${significant(after, 3)}/s`, `${significant(before, 3)}/s`]
    this.#log.note({ atNs: nowNs, policy: 'rateLimit', name: null, event, from, reason })
    return true
  }
}

/** At no rate is more than a second of it saved up. */
function burstAt(perSecond: number, burst: number): number {
  return Math.min(burst, Math.max(1, Math.floor(perSecond)))
}
