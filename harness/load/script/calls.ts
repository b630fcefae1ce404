import type { Rng } from '../../kernel/rng.ts'
import { type WheelEntry, wheelEntry } from '../../kernel/timer-wheel.ts'
import { failure, type Outcome } from '../../resilience/outcome.ts'
import type { Reply } from '../../workload/reply.ts'
import type { WorkloadRequest } from '../../workload/workload.ts'
import type { Driver } from '../driver.ts'
import { Operation, type OperationContext, type OperationOwner } from '../operation.ts'
import { type ScriptReply, scriptReply } from './reply.ts'

/** So many replies of an iteration can still be checked; older ones are counted. */
const uncountedLimit = 100

/** How soon a script hears of a call that its own client refused at once: one that asks again would keep all else from running. */
const afterRefusalNs = 1e6

const unanswered: Reply = {
  status: 0,
  sizeBytes: 0,
  header: () => null,
  headerNames: () => [],
  body: () => new Uint8Array(),
}

/** One call that has ended and is not counted yet, since the script may still find fault with its reply. */
interface Uncounted {
  readonly operation: Operation
  readonly reply: ScriptReply
  outcome: Outcome
  readonly endedNs: number
}

/** Operations of one protocol's driver that are free to be used again. */
type FreeOperations = Map<Driver, Operation[]>

/** The calls of one user: each is an operation, counted when the script has had its say about it. */
export class ScriptCalls implements OperationOwner {
  readonly #context: OperationContext
  readonly #rng: Rng
  readonly #idle: (nowNs: number) => void
  readonly #free: FreeOperations = new Map()
  readonly #driverOf = new Map<Operation, Driver>()
  readonly #running = new Map<
    Operation,
    { readonly resolve: (reply: ScriptReply) => void; readonly startedNs: number }
  >()
  #uncounted: Uncounted[] = []
  /** The call that is beginning right now. */
  #beginning: Operation | null = null
  /** Of calls that ended as they began, what their scripts are about to be told. */
  readonly #late = new Set<WheelEntry>()

  /** `idle` is told when the script has heard of the last call that it made. */
  constructor(context: OperationContext, rng: Rng, idle: (nowNs: number) => void) {
    this.#context = context
    this.#rng = rng
    this.#idle = idle
  }

  /** Whether there is a call of which the script has not heard yet. */
  get busy(): boolean {
    return this.#running.size > 0 || this.#late.size > 0
  }

  /** Sends a request that was to be sent at `intendedNs`, now where that is null; resolves with its reply, whatever became of it. */
  call(driver: Driver, request: WorkloadRequest, index: number, intendedNs: number | null): Promise<ScriptReply> {
    if (this.#uncounted.length >= uncountedLimit) this.#count(this.#uncounted.splice(0, 1))
    const prepared = driver.prepare(request)
    const operation = this.#free.get(driver)?.pop() ?? this.#make(driver)
    const nowNs = this.#context.clock.nowNs()
    return new Promise((resolve) => {
      this.#running.set(operation, { resolve, startedNs: nowNs })
      const before = this.#beginning
      this.#beginning = operation
      operation.begin(prepared, request, index, intendedNs ?? nowNs, nowNs)
      this.#beginning = before
    })
  }

  /** Makes the call of a reply a failure. Throws where it has been counted already. */
  findFault(reply: ScriptReply, what: string): void {
    const call = this.#uncounted.find((one) => one.reply === reply)
    if (!call) throw new Error('check() takes a reply of this iteration, one of its last hundred')
    if (!call.outcome.ok) return
    call.outcome = failure('check')
    this.#context.recorder.problem(call.outcome, what)
  }

  /** The iteration is over: its calls are counted. Returns how many of its last hundred have failed. */
  countAll(): number {
    const calls = this.#uncounted.splice(0)
    this.#count(calls)
    return calls.filter(({ outcome }) => !outcome.ok).length
  }

  /** Cuts off what is in flight. */
  cutOff(nowNs: number): void {
    for (const operation of this.#running.keys()) operation.cutOff(nowNs)
    for (const entry of this.#late) this.#context.wheel.cancel(entry)
    this.#late.clear()
  }

  examine(): null {
    return null
  }

  looksAtReplies(): boolean {
    return true
  }

  operationEnded(operation: Operation, outcome: Outcome, nowNs: number): void {
    const call = this.#running.get(operation)
    this.#running.delete(operation)
    const { ok, error, status } = outcome
    // One that was ended by ourselves has no reply to speak of.
    const answered = ok || error === 'status' || error === 'body' || error === 'check'
    const received = (answered ? operation.reply : null) ?? unanswered
    const reply = scriptReply(received, {
      ok,
      error,
      status: received === unanswered ? status : received.status,
      latencyMs: (nowNs - (call?.startedNs ?? nowNs)) / 1e6,
    })
    this.#uncounted.push({ operation, reply, outcome, endedNs: nowNs })
    const tell = (toldNs: number): void => {
      call?.resolve(reply)
      if (!this.busy) this.#idle(toldNs)
    }
    if (operation === this.#beginning) this.#tellLater(tell, nowNs)
    else tell(nowNs)
  }

  #tellLater(tell: (nowNs: number) => void, nowNs: number): void {
    const entry = wheelEntry((toldNs) => {
      this.#late.delete(entry)
      tell(toldNs)
    })
    this.#late.add(entry)
    this.#context.wheel.schedule(entry, nowNs + afterRefusalNs)
  }

  #make(driver: Driver): Operation {
    const operation = new Operation(this.#context, driver, this.#rng.fork('client', this.#driverOf.size), this)
    this.#driverOf.set(operation, driver)
    return operation
  }

  #count(calls: readonly Uncounted[]): void {
    for (const { operation, outcome, endedNs } of calls) {
      operation.record(outcome, endedNs)
      const driver = this.#driverOf.get(operation) as Driver
      const free = this.#free.get(driver)
      if (free) free.push(operation)
      else this.#free.set(driver, [operation])
    }
  }
}
