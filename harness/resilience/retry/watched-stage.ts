import { attemptNames, countDuration, emptyRetryFigures, type RetryFigures } from '../../measure/retry-figures.ts'
import type { Outcome } from '../outcome.ts'
import { type Decision, decisions, type PolicyStage } from '../policy.ts'
import type { Call, Lingering } from '../step.ts'

/** Follows what the retries of a client do, by request. */
export class RetryWatch {
  #byRequest = new Map<string, RetryFigures>()

  /** The figures of a request since they were last taken. */
  of(request: string): RetryFigures {
    const known = this.#byRequest.get(request)
    if (known) return known
    const made = emptyRetryFigures()
    this.#byRequest.set(request, made)
    return made
  }

  /** All figures since this was last asked. */
  take(): Readonly<Record<string, RetryFigures>> {
    const taken = Object.fromEntries(this.#byRequest)
    this.#byRequest = new Map()
    return taken
  }
}

/** Around the stage of a retry: counts what it decides and changes nothing. There is none where nobody watches. */
export class WatchedRetryStage implements PolicyStage {
  readonly #stage: PolicyStage
  readonly #watch: RetryWatch
  #request = ''
  #calls = 0
  #startedNs = 0

  constructor(stage: PolicyStage, watch: RetryWatch) {
    this.#stage = stage
    this.#watch = watch
  }

  get dueNs(): number {
    return this.#stage.dueNs
  }

  get ownOutcome(): Outcome | null {
    return this.#stage.ownOutcome
  }

  begin(call: Call, nowNs: number): Decision {
    this.#request = call.request
    this.#startedNs = nowNs
    this.#calls = 0
    this.#count()
    return this.#stage.begin(call, nowNs)
  }

  settled(outcome: Outcome, nowNs: number, lingering: Lingering | null): Decision {
    const decision = this.#stage.settled(outcome, nowNs, lingering)
    if (decision === decisions.settle) this.#ended(outcome.ok, nowNs)
    else if (decision === decisions.proceed) this.#count()
    return decision
  }

  timer(nowNs: number): Decision {
    this.#count()
    return this.#stage.timer(nowNs)
  }

  abandoned(nowNs: number, lingering: Lingering | null): void {
    this.#stage.abandoned(nowNs, lingering)
    this.#ended(false, nowNs)
  }

  /** One more attempt. */
  #count(): void {
    const { attempts } = this.#watch.of(this.#request)
    const index = Math.min(this.#calls++, attemptNames.length - 1)
    attempts[index] = (attempts[index] ?? 0) + 1
  }

  #ended(ok: boolean, nowNs: number): void {
    const figures = this.#watch.of(this.#request)
    if (ok && this.#calls > 1) figures.recovered++
    countDuration(figures.durations, nowNs - this.#startedNs)
  }
}
