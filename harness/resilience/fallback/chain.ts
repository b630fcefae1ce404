import { type TimerWheel, wheelEntry } from '../../kernel/timer-wheel.ts'
import type { DeadLetters } from '../dead-letters.ts'
import { allOf } from '../lingering.ts'
import { answerOf, failure, type Outcome } from '../outcome.ts'
import type { ForkContext } from '../policy.ts'
import type { Call, Lingering, MakeStep, Step, StepOwner } from '../step.ts'
import type { AnswerCache } from './answer-cache.ts'
import type { Alternative, FallbackSettings } from './settings.ts'

/** What the operations of one client share. */
export interface FallbackShared {
  readonly settings: FallbackSettings
  readonly cache: AnswerCache | null
  readonly letters: DeadLetters
  readonly counters: FallbackCounters
  /** Forgets what the settings want forgotten by now. */
  flushDue(nowNs: number): void
}

/** Counts by where answers came from, and of what had none. */
export interface FallbackCounters extends Record<string, number> {
  /** Answered by another target, in all; of each besides as `fallbackAnswered.NAME`. */
  fallbackAlternative: number
  fallbackCacheHits: number
  /** Of these, older than fresh. */
  fallbackStale: number
  fallbackCacheMisses: number
  fallbackEvictions: number
  fallbackFlushes: number
  fallbackDefaults: number
  /** Nothing was left to answer with. */
  fallbackExhausted: number
  /** The failure passed on as it was: not one to make up for, or of a request that is not idempotent. */
  fallbackPassed: number
  /** Limits of the target and of others that were reached. */
  fallbackTimeouts: number
  deadLetters: number
  deadLetterDropped: number
}

/** What is being asked. */
const idle = -1
const target = 0

/** One operation at a time: the target with all policies between, then each alternative by one attempt, then the cache, then the default. */
export class FallbackChain implements Step, StepOwner {
  readonly #shared: FallbackShared
  readonly #owner: StepOwner
  readonly #wheel: TimerWheel
  readonly #primary: Step
  readonly #makeAttempt: MakeStep
  /** Made when somebody else is first asked. */
  #others: Step | null = null
  readonly #limit = wheelEntry((nowNs) => this.#tookTooLong(nowNs))
  /** `idle`, `target`, or the place of an alternative from 1. */
  #asked = idle
  /** Counts cancellations: what was given up may have let another operation end, and that one may have ended this one. */
  #turn = 0
  #call: Call | null = null
  #deadlineNs = Number.POSITIVE_INFINITY
  /** Work of the operation that goes on after it was given up. */
  #goingOn: Lingering | null = null
  /** How the target failed. */
  #failure: Outcome = failure('timeout')

  constructor(shared: FallbackShared, { wheel, owner, inner, attempt }: ForkContext) {
    this.#shared = shared
    this.#owner = owner
    this.#wheel = wheel
    this.#primary = inner(this)
    this.#makeAttempt = attempt
  }

  begin(call: Call, nowNs: number): void {
    this.#call = call
    this.#goingOn = null
    this.#deadlineNs = call.deadlineNs
    this.#shared.flushDue(nowNs)
    const { settings } = this.#shared
    if (settings.cache?.first && this.#answerFromCache(nowNs, false)) return this.#finish(answerOf('cache'), nowNs)
    this.#begins(target, settings.timeoutNs, nowNs)
    this.#primary.begin(call, nowNs)
  }

  cancel(nowNs: number): Lingering | null {
    this.#turn++
    return this.#stop(nowNs)
  }

  /** Gives up what is being asked. */
  #stop(nowNs: number): Lingering | null {
    const asked = this.#asked
    this.#ends()
    if (asked === idle) return this.#goingOn
    this.#keepGoingOn((asked === target ? this.#primary : (this.#others as Step)).cancel(nowNs))
    // Once more: what is inside has put back the one that it had from here.
    if (this.#call) this.#call.deadlineNs = this.#deadlineNs
    return this.#goingOn
  }

  /** The target has answered, or failed for good. */
  ended(outcome: Outcome, nowNs: number, lingering: Lingering | null = null): void {
    this.#ends()
    this.#keepGoingOn(lingering)
    if (!outcome.ok) return this.#failed(outcome, nowNs)
    this.#keep(outcome, nowNs)
    this.#finish(outcome, nowNs)
  }

  #otherEnded(outcome: Outcome, nowNs: number, lingering: Lingering | null): void {
    const { alternatives } = this.#shared.settings
    const place = this.#asked
    this.#ends()
    this.#keepGoingOn(lingering)
    // It may have ended as it began, and whoever hears of that may begin the call again.
    ;(this.#call as Call).target = null
    if (!outcome.ok) return this.#goOn(place + 1, nowNs)
    const { counters } = this.#shared
    const name = `fallbackAnswered.${(alternatives[place - 1] as Alternative).target}`
    counters.fallbackAlternative++
    counters[name] = (counters[name] ?? 0) + 1
    this.#finish(answerOf('fallback'), nowNs)
  }

  #tookTooLong(nowNs: number): void {
    const asked = this.#asked
    const turn = this.#turn
    this.#shared.counters.fallbackTimeouts++
    this.#stop(nowNs)
    if (this.#turn !== turn) return
    if (asked === target) this.#failed(failure('timeout'), nowNs)
    else this.#goOn(asked + 1, nowNs)
  }

  #failed(outcome: Outcome, nowNs: number): void {
    const { settings, counters } = this.#shared
    this.#failure = outcome
    if (outcome.error !== 'aborted' && isMadeUpFor(outcome, settings.on)) {
      if (settings.nonIdempotent || (this.#call as Call).idempotent) return this.#goOn(1, nowNs)
      this.#bury(nowNs)
    }
    counters.fallbackPassed++
    this.#finish(outcome, nowNs)
  }

  /** Asks the alternative of a place, or answers without asking anybody. */
  #goOn(place: number, nowNs: number): void {
    const { settings, counters } = this.#shared
    const call = this.#call as Call
    const next = settings.alternatives[place - 1]
    // Whoever waits for the call has gone: what others would answer is for nobody.
    if (next && nowNs < this.#deadlineNs) return this.#ask(place, next, nowNs)
    if (this.#answerFromCache(nowNs, true)) return this.#finish(answerOf('cache'), nowNs)
    this.#bury(nowNs)
    if (settings.default && (call.content?.answerWith(settings.default) ?? true)) {
      counters.fallbackDefaults++
      return this.#finish(answerOf('default'), nowNs)
    }
    counters.fallbackExhausted++
    this.#finish(this.#failure, nowNs)
  }

  #ask(place: number, { target: name, timeoutNs }: Alternative, nowNs: number): void {
    const call = this.#call as Call
    this.#others ??= this.#makeAttempt({
      ended: (outcome, atNs, lingering = null) => this.#otherEnded(outcome, atNs, lingering),
    })
    this.#begins(place, timeoutNs, nowNs)
    call.target = name
    this.#others.begin(call, nowNs)
    call.target = null
  }

  #answerFromCache(nowNs: number, stale: boolean): boolean {
    const { cache, counters } = this.#shared
    const { content } = this.#call as Call
    const key = this.#cacheKey()
    if (!cache || !content || key === null) return false
    const found = cache.get(key, nowNs)
    if (found === null || (found.stale && !stale) || !content.answerWith(found.answer)) {
      counters.fallbackCacheMisses++
      return false
    }
    counters.fallbackCacheHits++
    if (found.stale) counters.fallbackStale++
    return true
  }

  /** Only what the target itself has answered is kept, and only where asking again is the same. */
  #keep({ standIn }: Outcome, nowNs: number): void {
    const { cache, counters } = this.#shared
    const { content } = this.#call as Call
    const key = this.#cacheKey()
    if (!cache || !content || key === null || standIn !== null) return
    if (cache.put(key, content.keepAnswer(), nowNs)) counters.fallbackEvictions++
  }

  /** Null where no answer to another call will do. */
  #cacheKey(): string | null {
    const { cache } = this.#shared
    const { idempotent, content } = this.#call as Call
    return cache && idempotent && content ? content.cacheKey() : null
  }

  /** Keeps the call for later: no target has done it. */
  #bury(nowNs: number): void {
    const { settings, letters, counters } = this.#shared
    if (settings.deadLetter === null) return
    const { request, idempotent, content } = this.#call as Call
    const { error, status } = this.#failure
    const message = content?.describe() ?? null
    const letter = { atNs: nowNs, request, message, idempotent, error: error ?? 'protocol', status }
    if (letters.add({ ...letter, attempts: content?.attempts ?? 0 }, settings.deadLetter)) counters.deadLetters++
    else counters.deadLetterDropped++
  }

  #finish(outcome: Outcome, nowNs: number): void {
    this.#owner.ended(outcome, nowNs, this.#goingOn)
  }

  #keepGoingOn(lingering: Lingering | null): void {
    if (lingering) this.#goingOn = this.#goingOn ? allOf([this.#goingOn, lingering]) : lingering
  }

  #begins(place: number, limitNs: number, nowNs: number): void {
    this.#asked = place
    const dueNs = nowNs + limitNs
    if (dueNs < this.#deadlineNs) (this.#call as Call).deadlineNs = dueNs
    this.#wheel.schedule(this.#limit, dueNs)
  }

  #ends(): void {
    this.#asked = idle
    this.#wheel.cancel(this.#limit)
    if (this.#call) this.#call.deadlineNs = this.#deadlineNs
  }
}

function isMadeUpFor({ error, status }: Outcome, on: FallbackSettings['on']): boolean {
  if (on === null) return true
  return (error !== null && on.includes(error)) || (error === 'status' && on.includes(status))
}
