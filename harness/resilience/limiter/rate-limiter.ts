import { type TimerWheel, wheelEntry } from '../../kernel/timer-wheel.ts'
import { type Waiter, WaitingLine } from '../../kernel/waiting-line.ts'
import { type Decision, decisions } from '../policy.ts'
import type { RateAlgorithm } from './rate-algorithm.ts'

/** What was asked for and what came of it: total = accepted + rejected + timedOut + abandoned + who still waits. */
export interface RateTally {
  total: number
  accepted: number
  /** Refused at once, since the wait would have been too long. */
  rejected: number
  /** Waited as long as one may, since the rate was cut meanwhile. */
  timedOut: number
  /** Waited at first, whatever came of it. */
  queued: number
  abandoned: number
}

/**
 * Lets calls pass at a rate. Who may not pass at once waits in order: of n waiters each has its own turn, one after the
 * other, and who leaves lets those behind move up. Who would wait too long is refused at once.
 */
export class RateLimiter {
  readonly tally: RateTally = { total: 0, accepted: 0, rejected: 0, timedOut: 0, queued: 0, abandoned: 0 }
  readonly peaks = { queued: 0 }
  readonly algorithm: RateAlgorithm
  readonly #wheel: TimerWheel
  readonly #line = new WaitingLine<null>()
  readonly #turn = wheelEntry((nowNs) => void this.#letPass(nowNs, null))

  constructor(algorithm: RateAlgorithm, wheel: TimerWheel) {
    this.algorithm = algorithm
    this.#wheel = wheel
  }

  /** How many wait. */
  get waiting(): number {
    return this.#line.length
  }

  /** Asks to pass: `proceed`, `wait` in the line, `settle` when refused. Being told is having passed. */
  enter(waiter: Waiter<null>, maxWaitNs: number, nowNs: number): Decision {
    this.tally.total++
    const waitNs = this.algorithm.waitNs(this.#line.length, nowNs)
    if (waitNs === 0 && this.#line.length === 0) {
      this.#pass(nowNs)
      return decisions.proceed
    }
    if (waitNs > maxWaitNs) {
      this.tally.rejected++
      return decisions.settle
    }
    this.#line.append(waiter)
    this.tally.queued++
    this.peaks.queued = Math.max(this.peaks.queued, this.#line.length)
    if (this.#line.length === 1) this.retime(nowNs)
    return decisions.wait
  }

  /** Leaves the line. */
  withdraw(waiter: Waiter<null>, nowNs: number): void {
    this.tally.abandoned++
    this.#line.withdraw(waiter)
    this.retime(nowNs)
  }

  /** A waiter's time is over: true when it passes all the same, since its turn has come too. Else it has left the line. */
  expire(waiter: Waiter<null>, nowNs: number): boolean {
    if (this.#letPass(nowNs, waiter)) return true
    this.tally.timedOut++
    this.#line.withdraw(waiter)
    this.retime(nowNs)
    return false
  }

  /** The rate has changed, or the first of the line has. */
  retime(nowNs: number): void {
    if (this.#line.length === 0) this.#wheel.cancel(this.#turn)
    else this.#wheel.schedule(this.#turn, nowNs + this.algorithm.waitNs(0, nowNs))
  }

  /** Lets pass whose turn has come, each told of it but `own`; true when that has passed. */
  #letPass(nowNs: number, own: Waiter<null> | null): boolean {
    while (this.#line.length > 0 && this.algorithm.waitNs(0, nowNs) === 0) {
      const waiter = this.#line.take()
      this.#pass(nowNs)
      if (waiter === own) {
        this.retime(nowNs)
        return true
      }
      waiter?.granted(null, nowNs)
    }
    this.retime(nowNs)
    return false
  }

  #pass(nowNs: number): void {
    this.tally.accepted++
    this.algorithm.pass(nowNs)
  }
}
