import { type Clock, realClock } from '../../kernel/clock.ts'
import { createRng, type Rng } from '../../kernel/rng.ts'
import { TimerWheel } from '../../kernel/timer-wheel.ts'
import type { DeadLetter } from '../../measure/dead-letter.ts'
import type { PolicyEvent } from '../../measure/policy-event.ts'
import { badPolicy, checkClient } from '../checked-client.ts'
import type { Breaker } from '../breaker/breaker.ts'
import { Client } from '../client.ts'
import type { PolicyCounters } from '../policy.ts'
import { getPolicy } from '../registry.ts'
import { type ClientPolicies, parseClient, type RawClient } from '../settings.ts'

/** How the client of a program is opened. */
export interface OpenClientOptions {
  /** All chance of its policies comes from it (default 1). */
  readonly seed?: number | string
  readonly clock?: Clock
}

/** One wheel serves all clients of a clock. It holds no timer while nobody waits, so that a program ends by itself. */
const wheels = new WeakMap<Clock, TimerWheel>()

/** The policies of a program's client, opened: what all functions that are wrapped with it share. */
export class OpenClient {
  readonly clock: Clock
  readonly rng: Rng
  readonly policies: ClientPolicies
  readonly #client: Client
  #callbackErrors = 0

  constructor(client: RawClient, { seed = 1, clock = realClock }: OpenClientOptions) {
    const wheel = wheels.get(clock) ?? new TimerWheel(clock)
    wheels.set(clock, wheel)
    this.clock = clock
    this.rng = createRng(seed)
    this.policies = parseClient(client)
    this.#client = new Client(this.policies, { wheel, rng: this.rng.fork('client') })
  }

  /** Makes an operation, to be begun again and again; one at a time on each. */
  operation(...parts: Parameters<Client['operation']>): ReturnType<Client['operation']> {
    return this.#client.operation(...parts)
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
  refuseConnections(checked)
  return new OpenClient(checked, options)
}

/** A pool is of the connections that load is made over, of which a function has none. */
function refuseConnections(client: RawClient): void {
  if (!parseClient(client).some(({ keyword }) => keyword === 'pool')) return
  const message = 'found a pool, allowed: the policies of a function; PooledClient has a pool of whatever it is given'
  throw badPolicy('client', [{ where: '/pool', message }])
}
