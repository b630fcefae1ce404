import { BranchCall } from '../branch-call.ts'
import type { Outcome } from '../outcome.ts'
import type { Call, Lingering, MakeStep, Step, StepOwner } from '../step.ts'
import { AttemptError } from './attempt-error.ts'

/** The operation that attempts are made for. */
export interface BranchOwner {
  /** An attempt has ended by itself; what was promised of it is told after this. */
  branchEnded(branch: Branch, outcome: Outcome, lingering: Lingering | null): void
  /** The signal that an attempt was called with has aborted. */
  branchAborted(branch: Branch, reason: unknown): void
}

/** One attempt at a time, as a promise. Used again and again. */
export class Branch implements StepOwner {
  readonly #step: Step
  readonly #call = new BranchCall()
  readonly #aborted = (): void => this.#owner?.branchAborted(this, this.#signal?.reason)
  #owner: BranchOwner | null = null
  #signal: AbortSignal | null = null
  #resolve: () => void = () => {}
  #reject: (reason: unknown) => void = () => {}

  constructor(inner: MakeStep) {
    this.#step = inner(this)
  }

  /** Begins an attempt; where a signal is given, its abort is told to the owner while the attempt is in flight. */
  begin(owner: BranchOwner, call: Call, signal: AbortSignal | null, nowNs: number): Promise<void> {
    this.#owner = owner
    this.#signal = signal
    signal?.addEventListener('abort', this.#aborted, { once: true })
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#resolve = resolve
    this.#reject = reject
    // A policy may drop the promise of an attempt that it does not wait for any more.
    promise.catch(() => {})
    this.#step.begin(this.#call.follow(call), nowNs)
    return promise
  }

  /** Gives up the attempt in flight; its promise rejects with this reason. */
  giveUp(reason: unknown, nowNs: number): Lingering | null {
    this.#release()
    const lingering = this.#step.cancel(nowNs)
    this.#reject(reason)
    return lingering
  }

  ended(outcome: Outcome, _nowNs: number, lingering: Lingering | null = null): void {
    const owner = this.#release()
    const [resolve, reject] = [this.#resolve, this.#reject]
    // The owner may begin another attempt on this branch before whoever waits hears of the end.
    owner?.branchEnded(this, outcome, lingering)
    if (outcome.ok) resolve()
    else reject(new AttemptError(outcome))
  }

  #release(): BranchOwner | null {
    const owner = this.#owner
    this.#owner = null
    this.#signal?.removeEventListener('abort', this.#aborted)
    this.#signal = null
    return owner
  }
}
