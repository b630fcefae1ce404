import { createRng, type Rng, shuffled } from '../kernel/rng.ts'
import { nsPerMs, nsPerSecond } from '../kernel/units.ts'
import type { Mode, Policy, Profile } from '../profile/profile.ts'
import { type Arm, baselineArms, createArm, policyArms } from './arms.ts'
import { orderSlices } from './order.ts'

/** Which stages of the pipeline to run. */
export interface Stages {
  /** Slices of the baselines; the policies need them. */
  readonly baseline: boolean
  readonly policies: boolean
  readonly stress: boolean
}

/** One life of the target: a fresh process, its arms, and its slices in their order. */
export interface Life {
  readonly round: number
  readonly arms: readonly Arm[]
  readonly slices: readonly Arm[]
}

/** A part of the stress stage: closed loops on the direct path, with windows. */
export interface StressSegment {
  readonly name: string
  readonly arm: Arm
  readonly workers: number
  readonly durationNs: number
}

/** What a run will do; computed before anything runs. */
export interface Plan {
  /** What it was compiled from: target, workload and load are carried out as the profile has them. */
  readonly profile: Profile
  readonly lives: readonly Life[]
  /** Every life starts with the first at full load, then with a single worker through the relay; null for neither. */
  readonly warmup: { readonly load: Arm; readonly single: Arm | null } | null
  readonly canary: Arm | null
  readonly stress: readonly StressSegment[]
  readonly slicesPerArm: number
  readonly expectedNs: number
  readonly notMeasured: readonly { readonly what: string; readonly why: string }[]
}

/** At most so many policies share a life of the target when a run has several. */
const policiesPerLife = 4

/** Around each slice: the word to the workers, the drain, counters and samples. */
const perSliceNs = 0.12 * nsPerSecond
const perLifeNs = 1.2 * nsPerSecond
const singleNs = 0.5 * nsPerSecond
/** How long the loops of a stress segment take to start, one after the other. */
const rampNs = 0.5 * nsPerSecond

/** Plans a run of a profile. What does not fit into the mode's budget is left out by the seed and named. */
export function compilePlan(profile: Profile, stages: Stages): Plan {
  const { mode, seed } = profile
  const rng = createRng(seed).fork('plan')
  const wanted = stages.policies ? selected(profile) : []
  const order = shuffled(wanted, rng.fork('budget'))
  for (const slicesPerArm of mode.slices > 1 ? [mode.slices, 1] : [mode.slices]) {
    const plan = planOf(profile, wanted, stages, slicesPerArm, rng)
    if (plan.expectedNs <= mode.budgetNs) return plan
  }
  for (let kept = order.length - 1; kept > 0; kept--) {
    const policies = wanted.filter((policy) => order.slice(0, kept).includes(policy))
    const plan = planOf(profile, policies, stages, 1, rng)
    if (plan.expectedNs <= mode.budgetNs || kept === 1) return plan
  }
  return planOf(profile, wanted, stages, 1, rng)
}

function selected({ mode, policies }: Profile): readonly Policy[] {
  const names = mode.policies
  return names === 'all' ? policies : policies.filter(({ name }) => names.includes(name))
}

function planOf(profile: Profile, policies: readonly Policy[], stages: Stages, slicesPerArm: number, rng: Rng): Plan {
  const { mode } = profile
  const lives = stages.baseline ? livesOf(mode, policies, slicesPerArm, rng) : []
  const stress = stages.stress ? segmentsOf(profile) : []
  const chosen = new Set(policies)
  const notMeasured = stages.policies
    ? profile.policies.filter((policy) => !chosen.has(policy)).map(({ name }) => reasonFor(name, profile))
    : []
  const plan = { profile, lives, stress, slicesPerArm, notMeasured, ...preludeOf(mode, stages.baseline) }
  return { ...plan, expectedNs: expectedNs(mode, plan) }
}

function reasonFor(name: string, { mode }: Profile): { what: string; why: string } {
  const named = mode.policies === 'all' || mode.policies.includes(name)
  return {
    what: `policy ${name}`,
    why: named ? `does not fit into the budget of ${mode.budgetNs / nsPerSecond} s` : 'not chosen',
  }
}

function preludeOf(
  mode: Mode,
  relayed: boolean,
): Pick<Plan, 'canary'> & { readonly warmup: NonNullable<Plan['warmup']> } {
  const load = createArm(mode, 'warmup', { kind: 'baseline', path: 'direct' })
  const single = createArm(mode, 'warmup', { kind: 'baseline', path: 'relay' })
  const canaryFaults = { uplink: {}, downlink: {}, exchange: { reset: { probability: 1 } } }
  const canary = createArm(mode, 'canary', { kind: 'policy', path: 'relay', faults: canaryFaults })
  // Nothing is discarded: of a slow target the first operation may be the only one.
  const short = { discardNs: 0, sliceNs: singleNs }
  return {
    warmup: {
      load: { ...load, sliceNs: Math.max(mode.warmupNs, 2 * load.discardNs) },
      single: relayed ? { ...single, ...short } : null,
    },
    canary: relayed ? { ...canary, discardNs: 0, sliceNs: 0.1 * nsPerSecond } : null,
  }
}

function livesOf(mode: Mode, policies: readonly Policy[], slicesPerArm: number, rng: Rng): Life[] {
  const groups = mode.rounds === 1 ? [policies] : grouped(policies)
  return Array.from({ length: mode.rounds }, (_, round) => groups.map((group) => ({ group, round })))
    .flat()
    .map(({ group, round }, index) => {
      const arms = [...baselineArms(mode), ...group.flatMap((policy) => policyArms(mode, policy))]
      return { round, arms, slices: orderSlices(arms, slicesPerArm, rng.fork('life', index)) }
    })
}

function grouped(policies: readonly Policy[]): Policy[][] {
  const count = Math.max(1, Math.ceil(policies.length / policiesPerLife))
  return Array.from({ length: count }, (_, group) => policies.filter((_, index) => index % count === group))
}

/** Smoke stress, and in a long run the sustained load after it. */
function segmentsOf({ mode, load }: Profile): StressSegment[] {
  const segment = (name: string, workers: number, durationNs: number): StressSegment => {
    const arm = createArm(mode, 'stress', { kind: 'baseline', path: 'direct' })
    const discardNs = Math.max(rampNs, arm.discardNs)
    const phase = `stress.${name}`
    return { name, workers, durationNs, arm: { ...arm, id: phase, phase, discardNs, sliceNs: discardNs + durationNs } }
  }
  const smoke = segment(
    'smoke',
    mode.name === 'smoke' ? mode.workers : load.workers,
    mode.name === 'smoke' ? mode.durationNs : 2 * nsPerSecond,
  )
  return mode.name === 'smoke' ? [smoke] : [smoke, segment('long', mode.workers, mode.durationNs)]
}

function expectedNs(mode: Mode, { lives, stress, canary, warmup }: Omit<Plan, 'expectedNs'>): number {
  const slices = lives.flatMap((life) => life.slices).reduce((sum, { sliceNs }) => sum + sliceNs + perSliceNs, 0)
  const warmupNs = warmup?.load.sliceNs ?? 0
  const perLife = perLifeNs + warmupNs + (warmup?.single?.sliceNs ?? 0) + 2 * perSliceNs
  const stressNs = stress.reduce((sum, { arm }) => sum + arm.sliceNs + perSliceNs, 0)
  const ownLife = stress.length > 0 && (lives.length === 0 || !sharesLife(mode))
  const stressLife = ownLife ? perLifeNs + warmupNs : 0
  return lives.length * perLife + slices + stressNs + stressLife + (canary?.sliceNs ?? 0)
}

/** Plans ad hoc load: one stretch of closed loops on the direct path, for the mode's duration. */
export function compileLoadPlan(profile: Profile): Plan {
  const { mode, load } = profile
  const arm = createArm(mode, 'load', { kind: 'baseline', path: 'direct' })
  const segment = { name: 'load', workers: load.workers, durationNs: mode.durationNs }
  const stress = [{ ...segment, arm: { ...arm, sliceNs: arm.discardNs + mode.durationNs } }]
  const plan = { profile, lives: [], stress, slicesPerArm: 1, notMeasured: [], warmup: null, canary: null }
  return { ...plan, expectedNs: expectedNs(mode, plan) }
}

/** Whether the stress stage goes on with the target of the last slices; a run of one round has but one target. */
export function sharesLife({ rounds }: Pick<Mode, 'rounds'>): boolean {
  return rounds === 1
}

/** The plan's wall time, in ms. */
export function expectedMs(plan: Plan): number {
  return Math.round(plan.expectedNs / nsPerMs)
}
