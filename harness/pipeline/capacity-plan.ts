import type { Slo } from '../judge/capacity/slo.ts'
import { nsPerMs, nsPerSecond } from '../kernel/units.ts'
import type { PlanSummary } from '../measure/plan-summary.ts'
import { createArm } from '../plan/arms.ts'
import { flattened } from '../plan/models.ts'
import type { Plan } from '../plan/plan.ts'
import type { Profile } from '../profile/profile.ts'
import { summarisePlan } from './dry-run.ts'

/** What a search for the capacity of a target is told. */
export interface CapacitySettings {
  /** The measured time of a slice. */
  readonly stepNs: number
  readonly slos: readonly Slo[]
  /** Where the ladder of rates begins; null for a share of what closed loops get done. */
  readonly fromPerSecond: number | null
  readonly mostPerSecond: number
  /** Whether closed loops are measured, before the rates. */
  readonly loops: boolean
  /** Longest time for the rates; null for twice what they usually take. */
  readonly budgetNs: number | null
  /** All of them as they are archived with the profile, and where each came from, by JSON pointer. */
  readonly written: Readonly<Record<string, unknown>>
  readonly provenance: Profile['provenance']
}

/** Windows of a slice: the first and the last of them are not counted. */
export const windowsPerStep = 5

const perLifeNs = 1.2 * nsPerSecond
const perSliceNs = 0.12 * nsPerSecond
/** Of rungs and of steps as a search usually has them. */
const usual = { loops: 7, steps: 14, slicesPerStep: 2 } as const

/** How much of a slice is not measured, while its connections are made. */
export function discardNsOf({ stepNs }: CapacitySettings, { mode }: Profile): number {
  return Math.max(mode.discardNs, stepNs / 10)
}

/** How long the rates may take. */
export function rateBudgetNs(settings: CapacitySettings, profile: Profile): number {
  return settings.budgetNs ?? 2 * usualRatesNs(settings, profile)
}

function usualRatesNs(settings: CapacitySettings, profile: Profile): number {
  return usual.steps * usual.slicesPerStep * sliceNs(settings, profile)
}

function sliceNs(settings: CapacitySettings, profile: Profile): number {
  return settings.stepNs + discardNsOf(settings, profile) + perSliceNs
}

/**
 * The plan of a search: a target that is warm, and nothing that is known beforehand. Nothing of the profile is held against
 * load that is meant to be too much.
 */
export function capacityPlanOf(given: Profile, settings: CapacitySettings): Plan {
  const { guards, load } = given
  const expectedNs = expectedNsOf(given, settings)
  const windowNs = settings.stepNs / windowsPerStep
  const mode = { ...given.mode, rounds: 1, windowNs, budgetNs: expectedNs }
  const profile: Profile = {
    ...given,
    mode,
    policies: [],
    stress: [],
    stressClient: [],
    scenario: null,
    ceilings: { errorRate: null, rssDeltaKb: null },
    thresholds: [],
    guards: { ...guards, failureBudget: null },
    effective: { ...given.effective, capacity: settings.written },
    provenance: { ...given.provenance, ...settings.provenance },
  }
  const arm = createArm(mode, 'warmup', { kind: 'baseline', path: 'direct' })
  const sliceNs = warmupNs(given)
  return {
    profile,
    lives: [],
    gate: null,
    stress: [],
    warmup: { load: { arm: { ...arm, sliceNs }, model: flattened(load.throughput), use: 'both' }, single: null },
    canary: null,
    slicesPerArm: usual.slicesPerStep,
    expectedNs,
    notMeasured: [],
  }
}

function warmupNs({ mode }: Profile): number {
  return Math.max(mode.warmupNs, 2 * mode.discardNs)
}

function expectedNsOf(profile: Profile, settings: CapacitySettings): number {
  const loopsNs = settings.loops ? usual.loops * sliceNs(settings, profile) : 0
  const wholeNs = perLifeNs + warmupNs(profile) + loopsNs + usualRatesNs(settings, profile)
  // The watchdog waits three times as long, and shall not end what is within its budget.
  return Math.max(wholeNs, rateBudgetNs(settings, profile) / 2)
}

/** What a search would do, as far as that is known. */
export function summariseCapacity(plan: Plan, settings: CapacitySettings): PlanSummary {
  const { fromPerSecond, loops, slos, stepNs } = settings
  const from = fromPerSecond === null ? 'from a part of what the loops get done' : `from ${fromPerSecond}/s`
  const kept = slos.length === 0 ? '' : `, as long as ${slos.map(({ expr }) => expr).join(' and ')}`
  const segments = [
    ...(loops ? [{ name: 'loops', load: '1, 2, 4, … closed loops, each' }] : []),
    { name: 'rates', load: `arrivals ${from} up${kept}, two slices of each rate, each` },
  ]
  return {
    ...summarisePlan(plan),
    stress: segments.map((segment) => ({ ...segment, durationMs: stepNs / nsPerMs, steps: [] })),
  }
}
