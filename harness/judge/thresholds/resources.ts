import { significant } from '../../kernel/units.ts'
import type { Aggregate, ResourceMetric } from '../../profile/threshold-metrics.ts'
import { slopeBound } from '../memory/bound.ts'
import { courseOf } from '../memory/course.ts'
import { followLows, seenLows } from '../memory/lows.ts'
import { goesOn } from '../memory/persistence.ts'
import { trendOf } from '../memory/trend.ts'
import type { JudgedWindow } from '../windows.ts'
import { type Span, spanOf } from './sliding.ts'

/** What the target used of one thing over windows: KiB, numbers, or cores. */
export interface ResourceFigure {
  readonly actual: number | null
  /** When it was largest; absent where that says nothing. */
  readonly window?: Span
}

/** How fast it rose, per hour, with what noise may make of that. */
export interface ResourceSlope {
  readonly slope: number
  readonly lower: number
  readonly upper: number
  /** That of the slower half of what comes after the first third of the run. */
  readonly slowest: number
  /** Whether it is to be taken for growth that goes on. */
  readonly goesOn: boolean
  /** What healthy targets stay below in runs of this length. */
  readonly usual: number
}

/** Follows what a target uses of one thing, in constant memory. */
export class ResourceFollower {
  readonly #metric: ResourceMetric
  #first: number | null = null
  #most: (Span & { readonly value: number }) | null = null
  #sum = 0
  #spentNs = 0
  readonly #lows = followLows()

  constructor(metric: ResourceMetric) {
    this.#metric = metric
  }

  add(window: JudgedWindow): void {
    const { identity, fromNs, toNs } = window
    const span = spanOf(fromNs, toNs)
    this.#lows.add({ ...window, ...span, phase: identity.phase })
    const value = readingOf(this.#metric, window)
    if (value === null) return
    this.#first ??= value
    this.#sum += value * (toNs - fromNs)
    this.#spentNs += toNs - fromNs
    if (this.#most === null || value > this.#most.value) this.#most = { value, ...span }
  }

  /** Of the medians of all windows so far, those under faults among them. */
  read(aggregate: Exclude<Aggregate, 'slope'>): ResourceFigure {
    if (this.#most === null || this.#first === null) return { actual: null }
    const { value, ...window } = this.#most
    if (aggregate === 'avg') return { actual: this.#sum / this.#spentNs }
    return { actual: aggregate === 'delta' ? value - this.#first : value, window }
  }

  /** The slope of the lower envelope after the warm-up, without faults; null where there is too little of it. */
  slope(): ResourceSlope | null {
    const kind = this.#metric
    const series = this.#lows.read()
    if (kind === 'cpu' || series === null) return null
    const course = courseOf(seenLows(series, kind))
    if (course.points.length < course.leastPoints || course.doubts.length > 0) return null
    const { slope, lower, upper, parts } = trendOf(course.points, course.halves)
    const perHour = (perMinute: number): number => significant(60 * perMinute)
    return {
      slope: perHour(slope),
      lower: perHour(lower),
      upper: perHour(upper),
      slowest: perHour(Math.min(...parts)),
      goesOn: goesOn(course),
      usual: perHour(slopeBound(kind, course.minutes, null)),
    }
  }
}

function readingOf(metric: ResourceMetric, { memoryKb, fds, threads, cpuCores }: JudgedWindow): number | null {
  return { rss: memoryKb, fds, threads, cpu: cpuCores }[metric]
}
