import { type Clock, realClock } from '../../kernel/clock.ts'
import { newRunId } from '../../kernel/host.ts'
import { createRng, type Rng } from '../../kernel/rng.ts'
import { TimerWheel } from '../../kernel/timer-wheel.ts'
import type { DeadLetter } from '../../measure/dead-letter.ts'
import type { PolicyEvent } from '../../measure/policy-event.ts'
import { badPolicy, checkClient } from '../checked-client.ts'
import type { Breaker } from '../breaker/breaker.ts'
import type { BulkheadStats } from '../bulkhead/stats.ts'
import { Client, type OperationParts } from '../client.ts'
import type { PolicyCounters } from '../policy.ts'
import { getPolicy } from '../registry.ts'
import { type ClientPolicies, parseClient, type RawClient } from '../settings.ts'
import type { Step } from '../step.ts'

/** How the client of a program is opened. */
export interface OpenClientOptions {
  /**
   * All chance of its policies comes from it. By default each client has its own: else the jitter of all processes of a
   * program would be the same, and keep their retries in step.
   */
  readonly seed?: number | string
  readonly clock?: Clock
}

/** One wheel serves all clients of a clock. It holds no timer while nobody waits, so that a program ends by itself. */
const wheels = new WeakMap<Clock, TimerWheel>()

/** The policies of a program's client, opened: what all functions that are wrapped with it share. */
export class OpenClient {
  readonly clock: Clock
  readonly policies: ClientPolicies
  readonly #rng: Rng
  readonly #client: Client
  #operations = 0
  #callbackErrors = 0

  constructor(client: RawClient, { seed = newRunId(), clock = realClock }: OpenClientOptions) {
    const wheel = wheels.get(clock) ?? new TimerWheel(clock)
    wheels.set(clock, wheel)
    this.clock = clock
    this.#rng = createRng(seed)
    this.policies = parseClient(client)
    this.#client = new Client(this.policies, { wheel, rng: this.#rng.fork('client') })
  }

  /** Makes an operation, to be begun again and again; one at a time on each. */
  operation(parts: Omit<OperationParts, 'rng'>): Step {
    return this.#client.operation({ ...parts, rng: this.#rng.fork('operation', this.#operations++) })
  }

  /** What the policies have counted, by name; the names are those of a result. */
  counters(): PolicyCounters {
    return this.#client.counters()
  }

  /** The highest that things have been since this was last asked, by name. */
  takePeaks(): Readonly<Record<string, number>> {
    return this.#client.takePeaks()
  }

  /** The circuit breakers of the policies; one for each request is there from the first call of that request on. */
  breakers(): readonly Breaker[] {
    return this.#client.breakers()
  }

  /** How the bulkheads of the policies fare: one for each request from the first call on, as breakers. */
  bulkheads(): readonly BulkheadStats[] {
    return this.#client.bulkheads()
  }

  /** The calls that a fallback has given up since this was last asked. */
  takeDeadLetters(): readonly DeadLetter[] {
    return this.#client.letters.take()
  }

  /** How many callbacks of the program have thrown; what they threw is dropped. */
  get callbackErrors(): number {
    return this.#callbackErrors
  }

  /** Tells of what happens to a policy as a whole, such as a breaker that opens; returns what ends that. */
  onTransition(listener: (event: PolicyEvent) => void): () => void {
    return this.#client.log.listen((event) => this.tell(listener, event))
  }

  /** Calls back; what the callback throws is counted, and changes nothing. */
  tell<Told extends readonly unknown[]>(callback: ((...told: Told) => void) | undefined, ...told: Told): void {
    if (callback) this.attempt(() => callback(...told))
  }

  /** Does something of the program; undefined where that throws, which is counted. */
  attempt<Value>(work: () => Value): Value | undefined {
    try {
      return work()
    } catch {
      this.#callbackErrors++
      return undefined
    }
  }
}

/**
 * Opens a client as a profile holds it, or one that is registered by name. Throws `bad-policy` or `unknown-policy` (104).
 */
export function openClient(client: RawClient | string, options: OpenClientOptions = {}): OpenClient {
  if (typeof client === 'string') return openClient(getPolicy(client), options)
  const { client: checked, problems } = checkClient(client)
  if (!checked) throw badPolicy('client', problems)
  refuseOthers(checked)
  return new OpenClient(checked, options)
}

/** What is of profiles only, and what a program has in its place. */
const others: Readonly<Record<string, string>> = {
  pool: 'found a pool, allowed: the policies of a function; PooledClient has a pool of whatever it is given',
  use: 'found a policy of your own, allowed: the policies of a function; call your own around or within it',
}

function refuseOthers(client: RawClient): void {
  const places = Array.isArray(client)
    ? client.map((one, index) => ({ one, at: `/${index}` }))
    : [{ one: client, at: '' }]
  const problems = places.flatMap(({ one, at }) =>
    Object.keys(one)
      .filter((keyword) => Object.hasOwn(others, keyword))
      .map((keyword) => ({ where: `${at}/${keyword}`, message: others[keyword] ?? '' })),
  )
  if (problems.length > 0) throw badPolicy('client', problems)
}
