import type { Timer } from '../../harness/kernel/clock.ts'
import { createRng } from '../../harness/kernel/rng.ts'
import { TimerWheel } from '../../harness/kernel/timer-wheel.ts'
import { createVirtualClock, type VirtualClock } from '../../harness/kernel/virtual-clock.ts'
import { openStages, parseClient } from '../../harness/resilience/client.ts'
import { type AttemptPort, OperationPipeline } from '../../harness/resilience/pipeline.ts'
import type { Outcome, PolicyCounters } from '../../harness/resilience/policy.ts'

export const ms = 1e6

/** How one attempt goes; one without an outcome never ends by itself. */
export interface ScriptedAttempt {
  readonly afterNs: number
  readonly outcome?: Outcome
}

/** Attempts without a wire: each goes as its script says, by the number of the call within the operation. */
export class FakePort implements AttemptPort {
  readonly #clock: VirtualClock
  readonly #script: (call: number) => ScriptedAttempt
  #timer: Timer | undefined
  pipeline: OperationPipeline | undefined
  /** When each attempt began, in ms. */
  readonly attemptsMs: number[] = []
  readonly cancelsMs: number[] = []
  readonly ends: { readonly outcome: Outcome; readonly atMs: number }[] = []
  inFlight = 0

  constructor(clock: VirtualClock, script: (call: number) => ScriptedAttempt) {
    this.#clock = clock
    this.#script = script
  }

  attempt(nowNs: number): void {
    this.attemptsMs.push(nowNs / ms)
    this.inFlight++
    const { afterNs, outcome } = this.#script(this.attemptsMs.length)
    if (!outcome) return
    this.#timer = this.#clock.after(afterNs, () => {
      this.inFlight--
      this.pipeline?.attemptSettled(outcome, this.#clock.nowNs())
    })
  }

  cancel(nowNs: number): void {
    this.#timer?.cancel()
    this.inFlight--
    this.cancelsMs.push(nowNs / ms)
  }

  finished(outcome: Outcome, nowNs: number): void {
    this.ends.push({ outcome, atMs: nowNs / ms })
  }
}

/** What operations of one arm share. */
export interface Bench {
  readonly clock: VirtualClock
  readonly wheel: TimerWheel
  readonly counters: PolicyCounters
}

export function createBench(): Bench {
  const clock = createVirtualClock()
  return { clock, wheel: new TimerWheel(clock), counters: {} }
}

/** A pipeline of the policies of a profile's `client` over scripted attempts. */
export function createOperation(
  client: Parameters<typeof parseClient>[0],
  script: (call: number) => ScriptedAttempt,
  { clock, wheel, counters }: Bench = createBench(),
) {
  const port = new FakePort(clock, script)
  const pipeline = new OperationPipeline(openStages(parseClient(client), createRng(1), counters), wheel, port)
  port.pipeline = pipeline
  return { clock, wheel, counters, port, pipeline }
}
