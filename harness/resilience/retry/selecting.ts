import type { Rng } from '../../kernel/rng.ts'
import type { Outcome } from '../outcome.ts'
import type { OperationDelays, SharedDelays } from './strategy.ts'

/** How strategies are chosen among. */
export interface Selection {
  /** So many operations try each strategy before any is preferred. */
  readonly explore: number
  /** Share of the operations after that which try any. */
  readonly exploreShare: number
}

/** Success shares that differ by no more than this are as good as each other. */
const alike = 0.01

/** What is known of a strategy is halved when it comes from so many operations: the target may have changed since. */
const memory = 200

/**
 * Each operation that needs a repetition takes one of several strategies: each of them for the first operations, then
 * the one that mended the largest share of them, the quickest where several do, and now and then any. Only what needed a
 * repetition tells one from the other. Times are from the first failure to the end.
 */
export function openSelecting(options: readonly SharedDelays[], selection: Selection): SharedDelays {
  const records = options.map(() => new Experience())
  return {
    operation(rng) {
      const own = options.map((option, index) => option.operation(rng.fork(index)))
      return new SelectedDelays(own, records, selection, rng.fork('choice'))
    },
  }
}

/** What came of the operations that used a strategy. */
class Experience {
  /** Operations that chose it, and those that have ended. */
  begun = 0
  ended = 0
  succeeded = 0
  totalNs = 0

  add(ok: boolean, tookNs: number): void {
    this.ended++
    if (ok) this.succeeded++
    this.totalNs += tookNs
    if (this.ended < memory) return
    this.ended /= 2
    this.succeeded /= 2
    this.totalNs /= 2
  }

  get successShare(): number {
    return this.ended === 0 ? 0 : this.succeeded / this.ended
  }

  get meanNs(): number {
    return this.ended === 0 ? Number.POSITIVE_INFINITY : this.totalNs / this.ended
  }
}

class SelectedDelays implements OperationDelays {
  readonly #options: readonly OperationDelays[]
  readonly #records: readonly Experience[]
  readonly #selection: Selection
  readonly #rng: Rng
  /** -1 as long as nothing was chosen. */
  #chosen = -1
  #failedNs = 0

  constructor(options: readonly OperationDelays[], records: readonly Experience[], selection: Selection, rng: Rng) {
    this.#options = options
    this.#records = records
    this.#selection = selection
    this.#rng = rng
  }

  begin(): void {
    this.#chosen = -1
    this.#failedNs = Number.POSITIVE_INFINITY
    for (const option of this.#options) option.begin()
  }

  /** What strategies learn of attempts they all learn, whoever is chosen. */
  attemptEnded(outcome: Outcome, nowNs: number): void {
    if (!outcome.ok) this.#failedNs = Math.min(this.#failedNs, nowNs)
    for (const option of this.#options) option.attemptEnded(outcome, nowNs)
  }

  delayNs(call: number): number {
    if (this.#chosen < 0) {
      this.#chosen = this.#choose()
      this.#record.begun++
    }
    return this.#options[this.#chosen]?.delayNs(call) ?? 0
  }

  ended(ok: boolean, nowNs: number): void {
    if (this.#chosen >= 0) this.#record.add(ok, nowNs - this.#failedNs)
  }

  get #record(): Experience {
    return this.#records[this.#chosen] as Experience
  }

  #choose(): number {
    const { explore, exploreShare } = this.#selection
    const records = this.#records
    const leastTried = records.reduce((least, { begun }, index) => (begun < begunBy(records, least) ? index : least), 0)
    if (begunBy(records, leastTried) < explore) return leastTried
    if (this.#rng.next() < exploreShare) return Math.floor(this.#rng.next() * records.length)
    return bestOf(records)
  }
}

const begunBy = (records: readonly Experience[], index: number): number => records[index]?.begun ?? 0

/** The quickest of those that mended the most. */
function bestOf(records: readonly Experience[]): number {
  const most = Math.max(...records.map(({ successShare }) => successShare))
  let best = -1
  let bestNs = Number.POSITIVE_INFINITY
  records.forEach(({ successShare, meanNs }, index) => {
    if (successShare < most - alike || (best >= 0 && meanNs >= bestNs)) return
    best = index
    bestNs = meanNs
  })
  return best
}
