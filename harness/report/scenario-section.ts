import type { Result } from '../archive/result.ts'
import type { ResultScenario } from '../archive/scenario.ts'
import { duration, percent, ratio, shortNumber } from './format.ts'
import type { Section, SectionTable } from './section.ts'

/** So many rows of the series are shown; each stands for some of its steps. */
const mostRows = 15

/** What the overload of a scenario came to, and how. */
export function scenarioSection({ scenario }: Result): Section {
  const title = 'scenario'
  if (!scenario) return { title, lines: [] }
  const { verdict, expected, cure, reason, bands } = scenario
  const met = verdict === expected ? 'as expected' : `expected ${expected}`
  return {
    title,
    lines: [
      `${verdict}, ${met}${cure === null ? '' : `, with the cure ${cure}`}: ${reason}`,
      ...figureLines(scenario),
      ...bands.map(
        ({ figure, lo, hi, actual, ok }) =>
          `${ok ? 'ok' : actual === null ? 'unknown' : 'broken'}: ${figure} from ${lo} to ${hi}, found ${shown(actual)}`,
      ),
    ],
    table: seriesTable(scenario),
  }
}

function figureLines({ amplification, goodput, wastedShare, synchrony, drainMs }: ResultScenario): string[] {
  const { before, peak, end, level } = amplification
  const waves =
    synchrony && synchrony.autocorrelation !== null && synchrony.lagMs !== null
      ? `, autocorrelation ${synchrony.autocorrelation.toFixed(2)} at ${duration(synchrony.lagMs)}`
      : ''
  return [
    `attempts per operation: ${shown(before)} before, ${shown(peak)} at most, ${shown(end)} at the end${level === 'none' ? '' : ` (${level})`}`,
    `good answers per operation: ${shown(goodput.before)} before, ${shown(goodput.during)} while the trigger lasted, ${shown(goodput.end)} at the end`,
    ...(wastedShare === null ? [] : [`served to clients that had gone, at the end: ${percent(wastedShare)}`]),
    ...(synchrony === null
      ? []
      : [`attempts at once: ${ratio(synchrony.peakToMean)} the mean of 100 ms at most${waves}`]),
    ...(drainMs === null ? [] : [`drained in about ${duration(drainMs)}`]),
  ]
}

/** Per second, or as far as several are shown as one, their mean. */
function seriesTable({ series, trigger }: ResultScenario): SectionTable {
  const { stepMs, offered } = series
  const width = Math.max(1, Math.ceil(offered.length / mostRows))
  const starts = Array.from({ length: Math.ceil(offered.length / width) }, (_, row) => row * width)
  const perSecond = (values: readonly (number | null)[], from: number): string => {
    const known = values.slice(from, from + width).filter((value) => value !== null)
    const sum = known.reduce((all, value) => all + value, 0)
    return known.length === 0 ? '' : shortNumber((sum * 1000) / (known.length * stepMs))
  }
  const age = (from: number): string => {
    const last = series.queueAgeMs.slice(from, from + width).findLast((value) => value !== null)
    return last === undefined || last === null ? '' : duration(last)
  }
  return {
    head: ['from', '', 'offered/s', 'good/s', 'attempts/s', 'wasted/s', 'queue age'],
    rows: starts.map((from) => {
      const [fromMs, toMs] = [from * stepMs, (from + width) * stepMs]
      return [
        duration(fromMs),
        fromMs < trigger.toMs && toMs > trigger.fromMs ? 'trigger' : '',
        perSecond(offered, from),
        perSecond(series.good, from),
        perSecond(series.attempts, from),
        perSecond(series.wasted, from),
        age(from),
      ]
    }),
    numeric: [2, 3, 4, 5, 6],
  }
}

function shown(value: number | null): string {
  return value === null ? 'nothing' : value.toFixed(2)
}
