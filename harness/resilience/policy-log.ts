import { type PolicyEvent, policyEventCap, type PolicyEvents } from '../measure/policy-event.ts'

/** The events of a client's policies, in order. */
export class PolicyLog {
  readonly #listeners = new Set<(event: PolicyEvent) => void>()
  #kept: PolicyEvent[] = []
  #dropped = 0

  note(event: PolicyEvent): void {
    if (this.#kept.length < policyEventCap) this.#kept.push(event)
    else this.#dropped++
    for (const listener of this.#listeners) listener(event)
  }

  /** Tells of each event as it happens; returns what ends that. */
  listen(listener: (event: PolicyEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** What was noted since it was last taken. */
  take(): PolicyEvents {
    const taken = { kept: this.#kept, dropped: this.#dropped }
    this.#kept = []
    this.#dropped = 0
    return taken
  }
}
