/** Where what comes after the cap is counted. */
export const otherKey = 'other'

/** Counts by text with a cap on how many texts are told apart: whatever else a target answers, memory stays bounded. */
export class CappedCounter {
  readonly #counts: Record<string, number> = {}
  readonly #cap: number
  readonly #longest: number
  #known = 0

  /** Keeps `cap` texts apart, each cut to `longest` characters. */
  constructor(cap: number, longest = 200) {
    this.#cap = cap
    this.#longest = longest
  }

  add(text: string, count = 1): void {
    const key = text.slice(0, this.#longest)
    const known = this.#counts[key]
    if (known !== undefined) this.#counts[key] = known + count
    else if (key === otherKey || this.#known < this.#cap) {
      if (key !== otherKey) this.#known++
      this.#counts[key] = count
    } else this.#counts[otherKey] = (this.#counts[otherKey] ?? 0) + count
  }

  /** Adds the counts of another one. */
  addAll(counts: Readonly<Record<string, number>>): void {
    for (const [text, count] of Object.entries(counts)) this.add(text, count)
  }

  counts(): Readonly<Record<string, number>> {
    return { ...this.#counts }
  }
}
