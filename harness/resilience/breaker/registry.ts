import { isDeepStrictEqual } from 'node:util'
import { SoakrigError } from '../../kernel/errors.ts'
import { Breaker, type BreakerSettings, type BreakerStats, type BreakerTransition } from './breaker.ts'

/** Circuit breakers by name: whoever names the same one shares it. */
export class BreakerRegistry {
  readonly #breakers = new Map<string, Breaker>()

  /**
   * The breaker of a name, made when it is first asked for; who made it is told of its changes. Throws
   * `breaker-conflict` where it is there with other settings.
   */
  open(name: string, settings: BreakerSettings, changed?: (transition: BreakerTransition) => void): Breaker {
    const known = this.#breakers.get(name)
    if (!known) return this.#keep(new Breaker(name, settings, changed))
    if (!isDeepStrictEqual(known.settings, settings)) throw conflict(name)
    return known
  }

  /** Takes in a breaker that a client has made. Throws `breaker-conflict` where another one has its name. */
  add(breaker: Breaker): void {
    const known = this.#breakers.get(breaker.name)
    if (known && known !== breaker) throw conflict(breaker.name)
    this.#keep(breaker)
  }

  get(name: string): Breaker | undefined {
    return this.#breakers.get(name)
  }

  /** The names, in the order in which they came. */
  list(): readonly string[] {
    return [...this.#breakers.keys()]
  }

  /** The stats of all, in the same order. */
  stats(nowNs: number): readonly BreakerStats[] {
    return [...this.#breakers.values()].map((breaker) => breaker.stats(nowNs))
  }

  resetAll(nowNs: number): void {
    for (const breaker of this.#breakers.values()) breaker.reset(nowNs)
  }

  /** Frees a name; who has its breaker keeps it. False where there was none. */
  unregister(name: string): boolean {
    return this.#breakers.delete(name)
  }

  #keep(breaker: Breaker): Breaker {
    this.#breakers.set(breaker.name, breaker)
    return breaker
  }
}

function conflict(name: string): SoakrigError {
  return new SoakrigError(`there is another circuit breaker ${JSON.stringify(name)}`, {
    code: 'breaker-conflict',
    exit: 'usage',
    hint: 'Give it the same settings, or a name of its own; `unregister` frees one.',
  })
}
