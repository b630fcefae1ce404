import type { Clock } from '../../kernel/clock.ts'
import { outcomeOfError } from '../classify.ts'
import { isOwnRefusal, type Outcome, success } from '../outcome.ts'
import type { Call, Lingering, Step, StepOwner } from '../step.ts'
import { Answer } from './answer.ts'

/** What is run as an attempt, and how its ends are read. */
export interface PromiseAttemptOptions<Value> {
  /** Called once per attempt. Its signal aborts when the attempt is given up; whoever ignores it works on for nothing. */
  readonly work: (signal: AbortSignal, call: Call) => PromiseLike<Value> | Value
  readonly owner: StepOwner
  readonly clock: Pick<Clock, 'nowNs'>
  /** Reads a value that was returned; without it each is a success. */
  readonly outcomeOf?: ((value: Value) => Outcome) | undefined
  /** Reads what was thrown; undefined for how it is usually read. Not asked of what a policy refused or a caller aborted. */
  readonly outcomeOfError?: ((error: unknown) => Outcome | undefined) | undefined
  /** Why the work is to stop; without it, an `AbortError`. */
  readonly reason?: (() => unknown) | undefined
  /** Hears of each end that was not given up, before the owner does. */
  readonly answered?: ((answer: Answer<Value>) => void) | undefined
  /** Hears of each attempt that is given up. */
  readonly cancelled?: (() => void) | undefined
}

/** The calls that run, by the signal that each was given. */
const runs = new WeakMap<AbortSignal, PromiseRun>()

/**
 * Tells that work goes on though the call of it, which was given this signal, has ended. Where the signal is that of an
 * attempt, such as one that called a function which is wrapped itself, that attempt has not stopped before the work has.
 */
export function leaveRunning(signal: AbortSignal | undefined, lingering: Lingering | null): void {
  if (signal && lingering) runs.get(signal)?.waitFor(lingering)
}

/**
 * The innermost step of an operation of a program: calls of an asynchronous function, one at a time. An end is told
 * as an `Answer` in a later microtask. What is given up goes on until its promise has settled, and so does what was given
 * up within it: its slot is not free before.
 */
export class PromiseAttempt<Value> implements Step {
  readonly #options: PromiseAttemptOptions<Value>
  #run: PromiseRun | null = null
  #last: Answer<Value> | null = null

  constructor(options: PromiseAttemptOptions<Value>) {
    this.#options = options
  }

  /** The last end, with what was returned or thrown; null before there was one. */
  get last(): Answer<Value> | null {
    return this.#last
  }

  begin(call: Call): void {
    const run = new PromiseRun(this.#options.clock)
    this.#run = run
    runs.set(run.controller.signal, run)
    this.#settle(call, run).then(
      (answer) => this.#ended(run, answer),
      // Who reads it has thrown: that is a failure of the call too.
      (error: unknown) => this.#ended(run, new Answer<Value>(outcomeOfError(error), false, error)),
    )
  }

  cancel(): Lingering | null {
    const run = this.#run
    this.#run = null
    if (!run) return null
    this.#options.cancelled?.()
    run.controller.abort(this.#options.reason?.())
    return run
  }

  async #settle(call: Call, run: PromiseRun): Promise<Answer<Value>> {
    const { work, outcomeOf } = this.#options
    let value: Value
    try {
      value = await work(run.controller.signal, call)
    } catch (error) {
      return new Answer<Value>(this.#outcomeOfThrown(error), false, error)
    }
    return new Answer<Value>(outcomeOf?.(value) ?? success, true, value)
  }

  #outcomeOfThrown(error: unknown): Outcome {
    const usual = outcomeOfError(error)
    return isOwnRefusal(usual) ? usual : (this.#options.outcomeOfError?.(error) ?? usual)
  }

  #ended(run: PromiseRun, answer: Answer<Value>): void {
    const nowNs = this.#options.clock.nowNs()
    run.stopped(nowNs)
    if (this.#run !== run) return
    this.#run = null
    this.#last = answer
    this.#options.answered?.(answer)
    this.#options.owner.ended(answer, nowNs, run.goesOn ? run : null)
  }
}

/** One call of the function, which may outlive its attempt, with what was left running within it. */
class PromiseRun implements Lingering {
  readonly controller = new AbortController()
  readonly #clock: Pick<Clock, 'nowNs'>
  readonly #callbacks: ((nowNs: number) => void)[] = []
  /** What has not stopped: the call itself at first. */
  #left = 1

  constructor(clock: Pick<Clock, 'nowNs'>) {
    this.#clock = clock
  }

  get goesOn(): boolean {
    return this.#left > 0
  }

  /** At once where it has stopped already: a policy may ask only when it is done with its own waits. */
  whenStopped(callback: (nowNs: number) => void): void {
    if (this.goesOn) this.#callbacks.push(callback)
    else callback(this.#clock.nowNs())
  }

  waitFor(lingering: Lingering): void {
    // What a call begins after its end is no part of it.
    if (!this.goesOn) return
    this.#left++
    lingering.whenStopped((nowNs) => this.stopped(nowNs))
  }

  /** One part of it has stopped. */
  stopped(nowNs: number): void {
    this.#left--
    if (!this.goesOn) for (const callback of this.#callbacks) callback(nowNs)
  }
}
