import { otherKey } from '../measure/capped-counter.ts'
import { requestNameCap } from '../measure/measurements.ts'

/** What each request has of its own, made when it is first asked for; requests beyond the cap share that of `other`. */
export class PerRequest<Own> {
  readonly #make: (request: string) => Own
  readonly #known = new Map<string, Own>()

  constructor(make: (request: string) => Own) {
    this.#make = make
  }

  of(request: string): Own {
    const { size } = this.#known
    return this.#known.get(request) ?? this.#named(size < requestNameCap ? request : otherKey)
  }

  /** All that were made, in that order. */
  all(): readonly Own[] {
    return [...this.#known.values()]
  }

  #named(name: string): Own {
    const known = this.#known.get(name)
    if (known !== undefined) return known
    const made = this.#make(name)
    this.#known.set(name, made)
    return made
  }
}
