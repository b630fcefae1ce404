import { realClock, type Timer } from '../../kernel/clock.ts'

/** Longer than anything waits; it starts again. */
const longNs = 3600e9

/** Keeps the process alive while something of the program's waits that Node knows nothing of. */
export class Hold {
  #holders = 0
  #timer: Timer | null = null

  /** Begins to hold; returns what ends it, once. */
  take(): () => void {
    this.#holders++
    this.#arm()
    let held = true
    return () => {
      if (!held) return
      held = false
      if (--this.#holders === 0) this.#timer?.cancel()
    }
  }

  #arm(): void {
    this.#timer?.cancel()
    this.#timer = realClock.after(longNs, () => this.#arm())
  }
}
