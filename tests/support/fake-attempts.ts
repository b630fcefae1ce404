import type { Timer } from '../../harness/kernel/clock.ts'
import { createRng } from '../../harness/kernel/rng.ts'
import { TimerWheel } from '../../harness/kernel/timer-wheel.ts'
import { createVirtualClock, type VirtualClock } from '../../harness/kernel/virtual-clock.ts'
import { Client } from '../../harness/resilience/client.ts'
import { failure, type Outcome } from '../../harness/resilience/outcome.ts'
import { parseClient, type RawClient } from '../../harness/resilience/settings.ts'
import { type Call, type Lingering, plainCall, type Step, type StepOwner } from '../../harness/resilience/step.ts'
import { statelessPolicies } from './user-policies.ts'

export const ms = 1e6

/** How one attempt goes; one without an outcome never ends by itself. */
export interface ScriptedAttempt {
  readonly afterNs: number
  readonly outcome?: Outcome
  /** How long its work goes on after it was given up; absent: it stops at once. */
  readonly lingersNs?: number
}

/** What the attempts of one operation came to, by all of its branches together. */
export class AttemptRecord {
  /** When each attempt began, in ms. */
  readonly attemptsMs: number[] = []
  readonly cancelsMs: number[] = []
  /** Where each attempt went. */
  readonly targets: (string | null)[] = []
  /** What was given instead of an answer of an attempt. */
  readonly answers: unknown[] = []
  readonly ends: { readonly outcome: Outcome; readonly atMs: number }[] = []
  inFlight = 0
  /** The most that were in flight at once. */
  peak = 0
}

/** Attempts without a wire: each goes as its script says, by the number of the call within the operation. */
class FakeAttempt implements Step {
  readonly #clock: VirtualClock
  readonly #script: (call: number) => ScriptedAttempt
  readonly #record: AttemptRecord
  readonly #owner: StepOwner
  #timer: Timer | undefined
  #lingersNs = 0

  constructor(clock: VirtualClock, script: (call: number) => ScriptedAttempt, record: AttemptRecord, owner: StepOwner) {
    this.#clock = clock
    this.#script = script
    this.#record = record
    this.#owner = owner
  }

  begin({ target }: Call, nowNs: number): void {
    const record = this.#record
    record.attemptsMs.push(nowNs / ms)
    record.targets.push(target)
    record.inFlight++
    record.peak = Math.max(record.peak, record.inFlight)
    const { afterNs, outcome, lingersNs = 0 } = this.#script(record.attemptsMs.length)
    this.#lingersNs = lingersNs
    if (!outcome) return
    this.#timer = this.#clock.after(afterNs, () => {
      record.inFlight--
      this.#owner.ended(outcome, this.#clock.nowNs())
    })
  }

  cancel(nowNs: number): Lingering | null {
    this.#timer?.cancel()
    this.#record.inFlight--
    this.#record.cancelsMs.push(nowNs / ms)
    const lingersNs = this.#lingersNs
    if (lingersNs === 0) return null
    const stopped = Promise.withResolvers<void>()
    this.#clock.after(lingersNs, () => stopped.resolve())
    return { whenStopped: (callback) => void stopped.promise.then(() => callback(this.#clock.nowNs())) }
  }
}

/** What operations of one client share. */
export interface Bench {
  readonly clock: VirtualClock
  readonly wheel: TimerWheel
  readonly client: Client
}

/** A client of a profile's `client`, in virtual time. */
export function createBench(client: RawClient, seed = 1, userPolicies = statelessPolicies): Bench {
  const clock = createVirtualClock()
  return besides({ clock, wheel: new TimerWheel(clock) }, client, seed, userPolicies)
}

/** Another client on the same clock: nothing else is shared, and wheels are large. */
export function besides(
  { clock, wheel }: Pick<Bench, 'clock' | 'wheel'>,
  client: RawClient,
  seed = 1,
  userPolicies = statelessPolicies,
): Bench {
  return { clock, wheel, client: new Client(parseClient(client), { wheel, rng: createRng(seed), userPolicies }) }
}

/** One operation at a time over scripted attempts. */
export interface FakeOperation extends Bench {
  readonly record: AttemptRecord
  readonly call: Call
  /** True from its beginning to its end. */
  readonly running: () => boolean
  readonly begin: (call?: Partial<Omit<Call, 'deadlineNs'>>) => void
  /** Ends it from outside, as `aborted`. */
  readonly abort: () => void
}

let made = 0

function isBench(given: RawClient | Bench): given is Bench {
  return 'wheel' in given
}

/** An operation of a client of its own, or of one that it shares, over scripted attempts. */
export function createOperation(
  given: RawClient | Bench,
  script: (call: number) => ScriptedAttempt,
  rng = createRng(++made),
): FakeOperation {
  const bench = isBench(given) ? given : createBench(given)
  const { clock, client } = bench
  const record = new AttemptRecord()
  let running = false
  const end = (outcome: Outcome, nowNs: number): void => {
    running = false
    record.ends.push({ outcome, atMs: nowNs / ms })
  }
  const step = client.operation({
    rng,
    owner: { ended: end },
    attempt: (owner) => new FakeAttempt(clock, script, record, owner),
  })
  let kept = 0
  const content = {
    cacheKey: () => call.request,
    describe: () => ({ request: call.request }),
    get attempts() {
      return record.attemptsMs.length
    },
    keepAnswer: () => ++kept,
    answerWith(answer: unknown) {
      record.answers.push(answer)
      return true
    },
  }
  const call = { ...plainCall('hi'), content }
  return {
    ...bench,
    record,
    call,
    running: () => running,
    begin(changes = {}) {
      running = true
      step.begin(Object.assign(call, changes, { deadlineNs: Number.POSITIVE_INFINITY }), clock.nowNs())
    },
    abort() {
      if (!running) return
      step.cancel(clock.nowNs())
      end(failure('aborted'), clock.nowNs())
    },
  }
}
