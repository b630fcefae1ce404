import { medianInterval } from './median-interval.ts'

/**
 * Runs every tool once per round, one after the other; the first of a round is the second of the one before, so that a
 * drift of the machine, and what a tool leaves behind, meets all of them alike. Tells the figures of each round.
 */
export async function inTurns<Name extends string, Figures>(
  rounds: number,
  tools: Readonly<Record<Name, () => Promise<Figures>>>,
  tell: (figures: Readonly<Record<Name, Figures>>) => void,
): Promise<readonly Readonly<Record<Name, Figures>>[]> {
  if (!Number.isInteger(rounds) || rounds < 1) throw new RangeError('rounds: an integer from 1')
  const names = Object.keys(tools) as Name[]
  const all: Record<Name, Figures>[] = []
  for (let round = 0; round < rounds; round++) {
    const figures: Partial<Record<Name, Figures>> = {}
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(round + turn) % names.length] as Name
      figures[name] = await tools[name]()
    }
    tell(figures as Record<Name, Figures>)
    all.push(figures as Record<Name, Figures>)
  }
  return all
}

/** Cells of a table, numbers with two decimals. */
export function row(cells: readonly (string | number)[], width = 14): string {
  return cells.map((cell) => (typeof cell === 'number' ? cell.toFixed(2) : cell).padStart(width)).join('')
}

/** What a figure must be; none: it is only told. */
export type Limit = { readonly most: number } | { readonly least: number } | null

/** Collects what a bench found; a figure that misses its limit makes the bench exit with 1. */
export class Findings {
  /** Prints a figure beside its limit. */
  value(name: string, value: number, limit: Limit, text = value.toFixed(3)): void {
    console.log(`${name}: ${text}${this.#judge(value, limit)}`)
  }

  /**
   * Prints how the figures of two tools compare: the ratio of their medians, and the median of the ratios of the rounds
   * with its interval. The latter is judged, since a drift of the machine is in both figures of a round.
   */
  ratio(name: string, ours: readonly number[], theirs: readonly number[], limit: Limit): void {
    const ratios = ours.map((value, index) => value / (theirs[index] ?? Number.NaN))
    const { median, lo, hi, confidence } = medianInterval(ratios, 0.95)
    const ofMedians = medianInterval(ours, 0.95).median / medianInterval(theirs, 0.95).median
    const interval = `[${lo.toFixed(3)}, ${hi.toFixed(3)}] at ${(confidence * 100).toFixed(1)} %`
    const short = confidence < 0.95 ? ' (too few rounds for 95 %)' : ''
    const text = `median of ratios ${median.toFixed(3)}, ${interval}${short}; ratio of medians ${ofMedians.toFixed(3)}`
    this.value(name, median, limit, text)
  }

  /** Prints that something holds or does not. */
  fact(name: string, holds: boolean, text: string): void {
    console.log(`${name}: ${text}: ${this.#verdict(holds)}`)
  }

  #judge(value: number, limit: Limit): string {
    if (limit === null) return ''
    const holds = 'most' in limit ? value <= limit.most : value >= limit.least
    const wanted = 'most' in limit ? `at most ${limit.most}` : `at least ${limit.least}`
    return `; ${wanted}: ${this.#verdict(holds)}`
  }

  #verdict(holds: boolean): string {
    if (!holds) process.exitCode = 1
    return holds ? 'holds' : 'MISSED'
  }
}
