import { isRecord } from '../../kernel/json.ts'
import { allOf } from '../lingering.ts'
import { answerOf, type Outcome } from '../outcome.ts'
import type { ForkContext } from '../policy.ts'
import type { Call, Lingering, Step } from '../step.ts'
import { OperationOver } from './attempt-error.ts'
import { Branch, type BranchOwner } from './branch.ts'
import { rejectionOf } from './rejection.ts'
import type { PolicyOperation, UserPolicy } from './user-policy.ts'

export interface UseCounters extends Record<string, number> {
  /** Attempts that the policy asked for. */
  userCalls: number
  /** Of these, what came after another attempt of its operation had ended, and what came beside one. */
  retries: number
  hedges: number
  /** Operations with a retry that ended well, and those that ended as an attempt of theirs did. */
  recovered: number
  exhausted: number
  /** Attempts that were in flight still when the policy had its answer. */
  leftRunning: number
  /** What the policy refused by itself, and what it set a limit. */
  circuitRejected: number
  bulkheadRejected: number
  timeouts: number
  /** Operations that it failed with an error of its own. */
  userFailed: number
}

/** What the operations of one client share. */
export interface UseShared {
  readonly policy: UserPolicy
  readonly counters: UseCounters
  /** Hears of each error of the policy's own. */
  failed(error: unknown, nowNs: number): void
}

/** So often an operation that is over tells its policy so; a policy that cannot stop asking is left waiting then. */
const mostLateCalls = 100

/** Runs one operation at a time the way a policy of one's own does. */
export class UseFork implements Step {
  readonly #shared: UseShared
  readonly #context: ForkContext
  readonly #free: Branch[] = []
  #run: UserRun | null = null

  constructor(shared: UseShared, context: ForkContext) {
    this.#shared = shared
    this.#context = context
  }

  begin(call: Call): void {
    const run = new UserRun(this.#shared, this.#context, this.#free, call)
    this.#run = run
    run.start()
  }

  cancel(nowNs: number): Lingering | null {
    return this.#run?.cancel(nowNs) ?? null
  }
}

/** One operation in the hands of a policy. */
class UserRun implements BranchOwner {
  readonly #shared: UseShared
  readonly #context: ForkContext
  readonly #free: Branch[]
  readonly #call: Call
  readonly #controller = new AbortController()
  readonly #running = new Set<Branch>()
  /** Work of the operation that goes on after it was given up. */
  readonly #goingOn: Lingering[] = []
  #over = false
  #cancelled = false
  #calls = 0
  #retries = 0
  #lateCalls = 0
  /** The last attempt that was good, and what it had received; of those that failed where none was. */
  #success: Outcome | null = null
  #answer: unknown = null

  constructor(shared: UseShared, context: ForkContext, free: Branch[], call: Call) {
    this.#shared = shared
    this.#context = context
    this.#free = free
    this.#call = call
  }

  start(): void {
    this.#outcome().then(
      () => this.#resolved(),
      (error: unknown) => this.#rejected(error),
    )
  }

  cancel(nowNs: number): Lingering | null {
    this.#cancelled = true
    if (!this.#over) {
      this.#over = true
      this.#stop(nowNs)
    }
    return allOf(this.#goingOn)
  }

  branchEnded(branch: Branch, outcome: Outcome, lingering: Lingering | null): void {
    this.#running.delete(branch)
    this.#free.push(branch)
    if (lingering) this.#goingOn.push(lingering)
    // The end of the operation is told later than that of its attempt, when what was received is gone.
    if (outcome.ok || !this.#success) this.#answer = this.#call.content?.keepAnswer() ?? null
    if (outcome.ok) this.#success = outcome
  }

  branchAborted(branch: Branch, reason: unknown): void {
    this.#running.delete(branch)
    this.#giveUp(branch, reason, this.#context.wheel.nowNs())
  }

  async #outcome(): Promise<unknown> {
    const { request, idempotent } = this.#call
    const { run } = this.#shared.policy
    const promise: unknown = run((options) => this.#attempt(options), this.#controller.signal, { request, idempotent })
    if (isThenable(promise)) return promise
    throw new TypeError('the policy returned no promise; a function that makes a policy is exported as createPolicy')
  }

  #attempt(options: Parameters<PolicyOperation>[0]): Promise<void> {
    if (this.#over) return this.#lateCall()
    const given = options?.signal
    if (given?.aborted) return rejected(given.reason)
    const { counters } = this.#shared
    counters.userCalls++
    if (this.#calls++ > 0) {
      if (this.#running.size > 0) counters.hedges++
      else {
        counters.retries++
        this.#retries++
      }
    }
    const branch = this.#free.pop() ?? new Branch(this.#context.inner)
    this.#running.add(branch)
    const signal = given === undefined || given === this.#controller.signal ? null : given
    return branch.begin(this, this.#call, signal, this.#context.wheel.nowNs())
  }

  /** Such as the one that cockatiel's retry makes when it is aborted in a wait. What it holds must be given back. */
  #lateCall(): Promise<void> {
    if (++this.#lateCalls > mostLateCalls) return new Promise(() => {})
    return rejected(new OperationOver())
  }

  #resolved(): void {
    if (this.#over) return
    const { counters } = this.#shared
    if (this.#retries > 0 && this.#success) counters.recovered++
    this.#settle(this.#success ?? answerOf('fallback'))
  }

  #rejected(error: unknown): void {
    if (this.#over) return
    const { counters } = this.#shared
    const { outcome, own } = rejectionOf(error)
    if (!own && this.#retries > 0) counters.exhausted++
    if (own) this.#count(outcome, error)
    this.#settle(outcome)
  }

  #count({ error: errorClass }: Outcome, error: unknown): void {
    const { counters } = this.#shared
    if (errorClass === 'circuit-open') counters.circuitRejected++
    else if (errorClass === 'bulkhead-rejected') counters.bulkheadRejected++
    else if (errorClass === 'timeout') counters.timeouts++
    else {
      counters.userFailed++
      this.#shared.failed(error, this.#context.wheel.nowNs())
    }
  }

  #settle(outcome: Outcome): void {
    const nowNs = this.#context.wheel.nowNs()
    this.#over = true
    this.#shared.counters.leftRunning += this.#running.size
    if (this.#running.size > 0) this.#stop(nowNs)
    // What was given up may have let another operation end, and that one may have ended this one.
    if (this.#cancelled) return
    if (this.#answer !== null) this.#call.content?.answerWith(this.#answer)
    this.#context.owner.ended(outcome, nowNs, allOf(this.#goingOn))
  }

  /** Ends what is in flight, and then tells the policy, which may hear of its attempts while it is told. */
  #stop(nowNs: number): void {
    const reason = new OperationOver()
    for (const branch of this.#running) this.#giveUp(branch, reason, nowNs)
    this.#running.clear()
    this.#controller.abort(reason)
  }

  #giveUp(branch: Branch, reason: unknown, nowNs: number): void {
    const left = branch.giveUp(reason, nowNs)
    if (left) this.#goingOn.push(left)
    this.#free.push(branch)
  }
}

/** A policy may drop the promise of an attempt, this one too. */
function rejected(reason: unknown): Promise<never> {
  const promise = Promise.reject(reason as Error)
  promise.catch(() => {})
  return promise
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return isRecord(value) && typeof value['then'] === 'function'
}
