import type { Clock } from '../../kernel/clock.ts'
import { outcomeOfError } from '../classify.ts'
import { type Outcome, success } from '../outcome.ts'
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
  /** Why the work is to stop; without it, an `AbortError`. */
  readonly reason?: (() => unknown) | undefined
  /** Hears of each end that was not given up, before the owner does. */
  readonly answered?: ((answer: Answer<Value>) => void) | undefined
  /** Hears of each attempt that is given up. */
  readonly cancelled?: (() => void) | undefined
}

/**
 * The innermost step of an operation of a program: calls of an asynchronous function, one at a time. An end is told
 * as an `Answer` in a later microtask. What is given up goes on until its promise has settled: its slot is not free before.
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
    const run = new PromiseRun()
    this.#run = run
    this.#settle(call, run).then(
      (answer) => this.#ended(run, answer),
      // `outcomeOf` has thrown: that is a failure of the call too.
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
      return new Answer<Value>(outcomeOfError(error), false, error)
    }
    return new Answer<Value>(outcomeOf?.(value) ?? success, true, value)
  }

  #ended(run: PromiseRun, answer: Answer<Value>): void {
    const nowNs = this.#options.clock.nowNs()
    if (this.#run !== run) return run.stopped(nowNs)
    this.#run = null
    this.#last = answer
    this.#options.answered?.(answer)
    this.#options.owner.ended(answer, nowNs)
  }
}

/** One call of the function, which may outlive its attempt. */
class PromiseRun implements Lingering {
  readonly controller = new AbortController()
  readonly #callbacks: ((nowNs: number) => void)[] = []

  whenStopped(callback: (nowNs: number) => void): void {
    this.#callbacks.push(callback)
  }

  stopped(nowNs: number): void {
    for (const callback of this.#callbacks) callback(nowNs)
  }
}
