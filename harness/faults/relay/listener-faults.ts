import { activeFaults } from '../faults.ts'
import type { Traffic } from '../match.ts'
import type { Layer } from '../rule.ts'
import type { ArmRules } from './arm-rules.ts'
import type { StreamListener } from './listener.ts'

/** Whether a rule of these closes its listener, now or at another time. */
export function mayCloseListener(layers: readonly Layer[]): boolean {
  const faults = layers.flatMap(({ rules }) => rules.flatMap((rule) => activeFaults(rule.faults)))
  return faults.some(({ fault }) => 'listener' in fault)
}

/**
 * Has a listener be as its rules want it. Nobody can count the handshakes that the kernel refuses or drops: what is
 * counted, as eligible and as fired, is each slice in which a fault of theirs was in force, and each time it began to be.
 */
export class ListenerFaults {
  readonly #listener: StreamListener
  readonly #rules: ArmRules
  readonly #traffic: Traffic
  #inForce: string | undefined
  #listening = Promise.resolve()

  constructor(listener: StreamListener, rules: ArmRules, traffic: Traffic) {
    this.#listener = listener
    this.#rules = rules
    this.#traffic = { ...traffic, sni: null }
  }

  /** What is in force is counted anew. */
  nextSlice(): void {
    this.#inForce = undefined
  }

  /** To be called when rules, or what is on of them, may have changed; resolves when the listener is as they want it. */
  update(): Promise<void> {
    const asked = this.#rules.listener(this.#traffic)
    if (asked && asked.site !== this.#inForce) {
      asked.tally.eligible++
      asked.tally.fired++
    }
    this.#inForce = asked?.site
    this.#listening = this.#listener.set(asked?.state ?? null)
    // Who changes rules hears of it; an edge of a schedule has nobody to tell, and the next one tries again.
    this.#listening.catch(() => {})
    return this.#listening
  }

  /** As of the last `update`. */
  settled(): Promise<void> {
    return this.#listening
  }
}
