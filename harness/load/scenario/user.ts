import { isSoakrigError } from '../../kernel/errors.ts'
import type { Rng } from '../../kernel/rng.ts'
import { wheelEntry } from '../../kernel/timer-wheel.ts'
import { drawPause } from '../../plan/pacer/pause.ts'
import { failure, type Outcome } from '../../resilience/outcome.ts'
import { builtinValue } from '../../workload/builtin-values.ts'
import type { FeedCursor, FeedRow } from '../../workload/feed-rows.ts'
import type { Reply } from '../../workload/reply.ts'
import type { WorkloadRequest } from '../../workload/workload.ts'
import type { Driver, Prepared } from '../driver.ts'
import { Operation, type OperationContext, type OperationOwner } from '../operation.ts'
import type { IterationEnd, LoadUser, UserOwner } from '../user.ts'
import type { Itinerary, Step } from './steps.ts'

/** How soon a user goes on after a request that could not even be made. */
const afterRefusalNs = 1e6

/** What the users of one slice share. */
export interface ScenarioContext extends OperationContext {
  readonly driver: Driver
  readonly pick: (rng: Rng) => Itinerary
  readonly variables: Readonly<Record<string, string>>
  /** By name; an iteration takes a row of each that its scenario names. */
  readonly feeds: ReadonlyMap<string, FeedCursor>
}

/** Goes through the steps of a scenario, one operation after the other; the first that fails ends the iteration. */
export class ScenarioUser implements LoadUser, OperationOwner {
  readonly #context: ScenarioContext
  readonly #owner: UserOwner
  readonly #rng: Rng
  readonly #number: number
  readonly #operation: Operation
  /** What later steps may use: extractions of this iteration. */
  readonly #extracted = new Map<string, string>()
  readonly #rows = new Map<string, FeedRow>()
  readonly #wait = wheelEntry((nowNs) => this.#resume(nowNs))
  readonly #lookup = (name: string): string | undefined => this.#valueOf(name)
  #iteration = -1
  #measured = false
  #running = false
  #over = false
  #steps: readonly Step[] = []
  #at = 0
  /** The request of a template, as it is sent. */
  #rendered: WorkloadRequest | null = null
  /** Why the last request could not be made. */
  #problem: string | null = null
  /** Set while a refused request is about to end the iteration. */
  #refused = false

  constructor(context: ScenarioContext, rng: Rng, number: number, owner: UserOwner) {
    this.#context = context
    this.#owner = owner
    this.#rng = rng.fork('requests')
    this.#number = number
    this.#operation = new Operation(context, context.driver, rng.fork('client'), this)
  }

  begin(intendedNs: number, nowNs: number): void {
    const { recorder, pick } = this.#context
    this.#iteration++
    const { steps, feeds } = pick(this.#rng)
    if (feeds.length > 0 && !this.#takeRows(feeds)) return this.#owner.iterationEnded(this, 'exhausted', nowNs)
    if (this.#extracted.size > 0) this.#extracted.clear()
    this.#measured = recorder.isMeasured(intendedNs)
    recorder.counts(this.#measured).iterations.count++
    this.#running = true
    this.#steps = steps
    this.#at = 0
    const { pause } = this.#steps[0] as Step
    if (pause.kind === 'none') this.#send(intendedNs, nowNs)
    else this.#context.wheel.schedule(this.#wait, nowNs + drawPause(pause, this.#rng))
  }

  end(nowNs: number): void {
    this.#over = true
    if (!this.#running || this.#operation.running) return
    this.#context.wheel.cancel(this.#wait)
    this.#finish(this.#refused ? 'failed' : 'interrupted', nowNs)
  }

  cutOff(nowNs: number): void {
    this.#operation.cutOff(nowNs)
  }

  examine(reply: Reply): string | null {
    const { extractions } = this.#steps[this.#at] as Step
    return extractions === null ? null : extractions.run(reply, this.#extracted)
  }

  operationEnded(operation: Operation, outcome: Outcome, nowNs: number): void {
    operation.record(outcome, nowNs)
    if (!outcome.ok) return this.#finish(outcome.error === 'aborted' ? 'interrupted' : 'failed', nowNs)
    this.#at++
    const next = this.#steps[this.#at]
    if (!next) return this.#finish('ok', nowNs)
    if (this.#over) return this.#finish('interrupted', nowNs)
    if (next.pause.kind === 'none') this.#send(nowNs, nowNs)
    else this.#context.wheel.schedule(this.#wait, nowNs + drawPause(next.pause, this.#rng))
  }

  /** The pause before a step is over, or the moment after a request that could not be made. */
  #resume(nowNs: number): void {
    if (this.#refused) this.#finish('failed', nowNs)
    else this.#send(nowNs, nowNs)
  }

  #send(intendedNs: number, nowNs: number): void {
    const step = this.#steps[this.#at] as Step
    this.#rendered = null
    const prepared = step.prepared ?? this.#render(step)
    if (prepared) return this.#operation.begin(prepared, this.#rendered ?? step.request, step.index, intendedNs, nowNs)
    this.#refuse(step, intendedNs, nowNs)
  }

  looksAtReplies(): boolean {
    return (this.#steps[this.#at] as Step).extractions !== null
  }

  /** Null, with the problem set, where the message must not or cannot be sent. */
  #render({ template, request }: Step): Prepared | null {
    const message = template?.(this.#lookup)
    this.#problem = template?.problem ?? null
    if (message === undefined || this.#problem !== null) return null
    try {
      this.#rendered = { ...request, message }
      return this.#context.driver.prepare(this.#rendered)
    } catch (error) {
      if (!isSoakrigError(error)) throw error
      this.#problem = error.message
      return null
    }
  }

  /** A request that could not be made is a failed operation without an attempt. */
  #refuse({ index }: Step, intendedNs: number, nowNs: number): void {
    const { recorder, wheel } = this.#context
    const outcome = failure('check')
    recorder.problem(outcome, this.#problem ?? 'the request could not be made')
    recorder.operationEnded(recorder.isMeasured(intendedNs), index, outcome, intendedNs, nowNs, nowNs)
    this.#refused = true
    // Later, since whoever began the iteration may begin the next one at once.
    wheel.schedule(this.#wait, nowNs + afterRefusalNs)
  }

  #finish(end: IterationEnd, nowNs: number): void {
    this.#running = false
    this.#refused = false
    if (end !== 'exhausted') this.#context.recorder.counts(this.#measured).iterations[end]++
    this.#owner.iterationEnded(this, end, nowNs)
  }

  #takeRows(feeds: readonly string[]): boolean {
    for (const name of feeds) {
      const row = this.#context.feeds.get(name)?.next() ?? null
      if (row === null) return false
      this.#rows.set(name, row)
    }
    return true
  }

  #valueOf(name: string): string | undefined {
    const known = this.#extracted.get(name) ?? this.#context.variables[name]
    if (known !== undefined) return known
    const dot = name.indexOf('.')
    if (dot > 0) return this.#rows.get(name.slice(0, dot))?.[name.slice(dot + 1)]
    return builtinValue(name, { user: this.#number, iteration: this.#iteration, rng: this.#rng })
  }
}
