import type { SeriesPoint } from '../measure/load-series.ts'
import { nsPerSecond } from '../kernel/units.ts'
import { type SimulatedScenario, simulate } from './simulate.ts'

/** A load that goes up level by level, and down again, with a stall of the target at each. */
export interface LoadSweep {
  /** Operations per second, each more than the one before. */
  readonly levels: readonly number[]
  /** How long each level lasts, in whole seconds; its last quarter says what it comes to. */
  readonly dwellNs: number
  /** From the beginning of each level. */
  readonly stall: { readonly atNs: number; readonly forNs: number }
}

/** What a level came to: good answers per operation in the last quarter of its time. */
export interface SweptLevel {
  readonly perSecond: number
  readonly goodput: number
}

/** What a sweep shows. Levels are null where there is none. */
export interface Hysteresis {
  readonly up: readonly SweptLevel[]
  readonly down: readonly SweptLevel[]
  /** The highest level up to which all recovered by themselves on the way up. */
  readonly highestUp: number | null
  /** The highest level that recovered on the way down, from an overload: the hidden capacity (Bronson et al., HotOS 2021). */
  readonly hiddenCapacity: number | null
  /** What the target serves per second at most. */
  readonly capacity: number
}

/** From so many good answers per operation on, a level has recovered. */
const recovered = 0.95

/**
 * Sweeps the load of a scenario up and down again in one simulation, so that each level begins with what the one before has
 * left behind. Where the way down recovers later than the way up was lost, the overload keeps itself going: the load must go
 * down to the hidden capacity, whatever the target could serve.
 */
export function sweepLoad(
  scenario: Omit<SimulatedScenario, 'perSecond' | 'durationNs' | 'stalls'>,
  { levels, dwellNs, stall }: LoadSweep,
  seed: number | string,
): Hysteresis {
  const swept = [...levels, ...levels.toReversed()]
  const stages = swept.flatMap((to) => [
    { durationNs: 0, to },
    { durationNs: dwellNs, to },
  ])
  const { series } = simulate(
    {
      ...scenario,
      perSecond: { from: levels[0] ?? 0, stages },
      durationNs: swept.length * dwellNs,
      stalls: swept.map((_, index) => ({ atNs: index * dwellNs + stall.atNs, forNs: stall.forNs })),
    },
    seed,
  )
  const steps = dwellNs / nsPerSecond
  const all = swept.map((perSecond, index) => {
    const end = (index + 1) * steps
    return { perSecond, goodput: goodputOf(series.points.slice(end - Math.ceil(steps / 4), end)) }
  })
  const [up, down] = [all.slice(0, levels.length), all.slice(levels.length)]
  const lost = up.findIndex(({ goodput }) => goodput < recovered)
  const { servers, serviceNs } = scenario.target
  return {
    up,
    down,
    highestUp: up[(lost < 0 ? up.length : lost) - 1]?.perSecond ?? null,
    hiddenCapacity: down.find(({ goodput }) => goodput >= recovered)?.perSecond ?? null,
    capacity: (servers * nsPerSecond) / serviceNs,
  }
}

/** Good answers per operation; 0 where there were no operations. */
export function goodputOf(points: readonly SeriesPoint[]): number {
  const offered = points.reduce((sum, point) => sum + point.offered, 0)
  return offered === 0 ? 0 : points.reduce((sum, point) => sum + point.good, 0) / offered
}
