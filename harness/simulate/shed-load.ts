import { nsPerSecond } from '../kernel/units.ts'
import { goodputOf } from './hysteresis.ts'
import { type SimulatedScenario, simulate } from './simulate.ts'

/** A part of the load that is turned away for a while, long after the trigger of an overload. */
export interface Shedding {
  /** In whole seconds from the beginning, and less than `durationNs` of the scenario with `forNs`. */
  readonly atNs: number
  readonly forNs: number
  /** Of the load that is left, from 0 to 1. */
  readonly share: number
}

/** What it came to: good answers per operation in the ten seconds before it, and in the last ten of the simulation. */
export interface ShedLoad {
  readonly before: number
  readonly after: number
  /** Whether the goodput was lost before it and is back after it. */
  readonly cured: boolean
}

const lookNs = 10 * nsPerSecond
const back = 0.95

/** Whether an overload ends by shedding load for a while, at a scenario whose load is level: the cure of last resort. */
export function shedLoad(
  scenario: Omit<SimulatedScenario, 'perSecond'> & { readonly perSecond: number },
  { atNs, forNs, share }: Shedding,
  seed: number | string,
): ShedLoad {
  const { perSecond } = scenario
  const stages = [
    { durationNs: atNs, to: perSecond },
    { durationNs: 0, to: perSecond * share },
    { durationNs: forNs, to: perSecond * share },
    { durationNs: 0, to: perSecond },
  ]
  const { points } = simulate({ ...scenario, perSecond: { from: perSecond, stages } }, seed).series
  const look = lookNs / nsPerSecond
  const at = Math.floor(atNs / nsPerSecond)
  const [before, after] = [goodputOf(points.slice(Math.max(0, at - look), at)), goodputOf(points.slice(-look))]
  return { before, after, cured: before < back && after >= back }
}
