/** How many answers are kept, and for how long. */
export interface CacheLimits {
  readonly maxEntries: number
  /** An answer of this age is still fresh. */
  readonly ttlNs: number
  /** For so much longer it is stale: better than none where there is no other. */
  readonly staleNs: number
}

interface Entry {
  answer: unknown
  atNs: number
}

/** What the cache has under a key. */
interface CachedAnswer {
  readonly answer: unknown
  readonly stale: boolean
}

/** The last good answers by key; of too many, the one that was not used for longest goes. */
export class AnswerCache {
  readonly #limits: CacheLimits
  /** The least recently used first. */
  readonly #entries = new Map<string, Entry>()
  /** The most recently used, which needs no moving: there may be but one key. */
  #newest: string | null = null

  constructor(limits: CacheLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#entries.size
  }

  /** Keeps an answer; returns whether another had to go for it. */
  put(key: string, answer: unknown, nowNs: number): boolean {
    const known = this.#entries.get(key)
    if (known) {
      known.answer = answer
      known.atNs = nowNs
      this.#use(key, known)
      return false
    }
    this.#entries.set(key, { answer, atNs: nowNs })
    this.#newest = key
    if (this.#entries.size <= this.#limits.maxEntries) return false
    const [oldest] = this.#entries.keys()
    this.#entries.delete(oldest as string)
    return true
  }

  /** The answer of a key; null where there is none, or where it is older than a stale one may be: then it is gone. */
  get(key: string, nowNs: number): CachedAnswer | null {
    const known = this.#entries.get(key)
    if (!known) return null
    const ageNs = nowNs - known.atNs
    if (ageNs > this.#limits.ttlNs + this.#limits.staleNs) {
      this.#entries.delete(key)
      if (this.#newest === key) this.#newest = null
      return null
    }
    this.#use(key, known)
    return { answer: known.answer, stale: ageNs > this.#limits.ttlNs }
  }

  /** Forgets everything. */
  flush(): void {
    this.#entries.clear()
    this.#newest = null
  }

  #use(key: string, entry: Entry): void {
    if (this.#newest === key) return
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    this.#newest = key
  }
}
