/** What became of a number: nothing yet, or how its attempt ended without an answer, or that an answer has come. */
export const fates = { open: 0, lost: 1, unclaimed: 2, answered: 3 } as const
export type Fate = (typeof fates)[keyof typeof fates]

const fewest = 2 ** 12
const most = 2 ** 20

/**
 * What became of the numbers that a socket has given out: one byte for each of the last 4,096, or of as many as it takes
 * to remember them for a time, but never of more than 2^20.
 */
export class FateMemory {
  readonly #memoryNs: number
  #fates = new Uint8Array(fewest)
  #next = 0
  /** The first number since it was last looked whether there is room for enough of them, and when it was given out. */
  #firstSeen = 0
  #firstSeenNs = 0
  /** What was given out before this was no more known when room was last made. */
  #firstKept = 0

  constructor(memoryNs: number) {
    this.#memoryNs = memoryNs
  }

  /** The number that is given out next; how many there have been. */
  get next(): number {
    return this.#next
  }

  /** Gives out a number; its fate is open. */
  take(nowNs: number): number {
    const number = this.#next++
    if (number === 0) this.#firstSeenNs = nowNs
    if (number - this.#firstSeen === this.#fates.length) this.#makeRoom(number, nowNs)
    this.#fates[number & (this.#fates.length - 1)] = fates.open
    return number
  }

  /** Notes the fate of a number; nothing happens when there is no more room for it. */
  note(number: number, fate: Fate): void {
    if (this.remembers(number)) this.#fates[number & (this.#fates.length - 1)] = fate
  }

  /** Whether the fate of a number that was given out is still known. */
  remembers(number: number): boolean {
    return number >= Math.max(this.#next - this.#fates.length, this.#firstKept)
  }

  /** The fate of a number that is remembered. */
  of(number: number): Fate {
    return this.#fates[number & (this.#fates.length - 1)] as Fate
  }

  #makeRoom(number: number, nowNs: number): void {
    const { length } = this.#fates
    if (nowNs - this.#firstSeenNs >= this.#memoryNs || length === most) {
      this.#firstSeen = number
      this.#firstSeenNs = nowNs
      return
    }
    const larger = new Uint8Array(2 * length)
    for (let old = this.#firstSeen; old < number; old++) {
      larger[old & (larger.length - 1)] = this.#fates[old & (length - 1)] as number
    }
    this.#fates = larger
    this.#firstKept = this.#firstSeen
  }
}
