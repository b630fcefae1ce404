import { mayHang } from '../faults/expect.ts'
import { parseFaults } from '../faults/faults.ts'
import { plainRule } from '../faults/rules.ts'
import { createRng, type Rng, shuffled } from '../kernel/rng.ts'
import { nsPerMs, nsPerSecond } from '../kernel/units.ts'
import { stressModel } from '../profile/load.ts'
import type { Mode, Policy, Profile } from '../profile/profile.ts'
import type { LoadModel } from '../workload/model.ts'
import { hasFaultPath } from '../workload/traits.ts'
import { type Arm, baselineArms, createArm, policyArms } from './arms.ts'
import { costArms, type Gate, gateLives, gateOf, policiesPerLife } from './gate.ts'
import { flattened, loops } from './models.ts'
import { orderSlices } from './order.ts'
import { latencySlices, type Life, type PlannedSlice, throughputSlice } from './slices.ts'
import { actsOnPath, type Moment, timelineOf } from './timeline.ts'

export type { Life, PlannedSlice } from './slices.ts'

/** Which stages of the pipeline to run. */
export interface Stages {
  /** Slices of the baselines; the policies need them. A gate beside them measures the yardstick too. */
  readonly baseline: boolean
  readonly policies: boolean
  /** What may fail the run by being worse than something else; or only the noise of the machine. Absent: neither. */
  readonly gate?: 'comparisons' | 'calibration'
  readonly stress: boolean
}

/** A part of the stress stage, with windows: load on the direct path, or through the relay where steps put faults there. */
export interface StressSegment extends PlannedSlice {
  readonly name: string
  readonly durationNs: number
  /** When steps change what is in force; empty where there are none. */
  readonly moments: readonly Moment[]
}

/** What a run will do; computed before anything runs. */
export interface Plan {
  /** What it was compiled from: target, workload and load are carried out as the profile has them. */
  readonly profile: Profile
  readonly lives: readonly Life[]
  /** Null where the run compares nothing that may fail it. */
  readonly gate: Gate | null
  /** Every life starts with the first at full load, then with a single worker through the relay; null for neither. */
  readonly warmup: { readonly load: PlannedSlice; readonly single: PlannedSlice | null } | null
  readonly canary: PlannedSlice | null
  readonly stress: readonly StressSegment[]
  readonly slicesPerArm: number
  readonly expectedNs: number
  readonly notMeasured: readonly { readonly what: string; readonly why: string }[]
}

/** Around each slice: the word to the workers, the drain, counters and samples. */
const perSliceNs = 0.12 * nsPerSecond
const perLifeNs = 1.2 * nsPerSecond
const singleNs = 0.5 * nsPerSecond
/** Long enough for the first call of a slow client library. */
const canaryNs = 0.3 * nsPerSecond
/** How long the loops of a stress segment take to start, one after the other. */
const rampNs = 0.5 * nsPerSecond

/**
 * Plans a run of a profile. What does not fit into the mode's budget is left out and named: slices, then the yardstick, then
 * policies by the seed.
 */
export function compilePlan(profile: Profile, stages: Stages): Plan {
  const { mode, seed } = profile
  const rng = createRng(seed).fork('plan')
  const wanted = stages.policies ? selected(profile) : []
  const order = shuffled(wanted, rng.fork('budget'))
  const beside = besideYardstick(profile, stages)
  let plan: Plan | null = null
  for (const { slicesPerArm, kept, yardstick } of extents(mode, order.length, beside)) {
    const policies = wanted.filter((policy) => order.slice(0, kept).includes(policy))
    plan = planOf(profile, policies, stages, { slicesPerArm, yardstick }, rng)
    if (plan.expectedNs <= mode.budgetNs) return plan
  }
  if (plan === null) throw new Error('the least that can be planned is something')
  return plan
}

/** How much of what was asked for a run measures. */
interface Extent {
  readonly slicesPerArm: number
  /** So many of the policies. */
  readonly kept: number
  readonly yardstick: boolean
}

/** From all that was asked for down to the least that is measured whatever the budget is. */
function* extents({ slices }: Mode, policies: number, beside: boolean): Generator<Extent> {
  for (const yardstick of beside ? [true, false] : [false])
    for (const slicesPerArm of new Set([slices, 1])) yield { slicesPerArm, kept: policies, yardstick }
  for (let kept = policies - 1; kept > 0; kept--) yield { slicesPerArm: 1, kept, yardstick: false }
}

/** Whether the target is to be measured beside the yardstick; `ab` and calibrations have no need of other nights. */
function besideYardstick({ mode }: Profile, { baseline, gate }: Stages): boolean {
  return baseline && gate === 'comparisons' && mode.gate?.yardstick === true
}

function selected({ mode, policies }: Profile): readonly Policy[] {
  const names = mode.policies
  return names === 'all' ? policies : policies.filter(({ name }) => names.includes(name))
}

function planOf(
  profile: Profile,
  policies: readonly Policy[],
  stages: Stages,
  { slicesPerArm, yardstick }: Pick<Extent, 'slicesPerArm' | 'yardstick'>,
  rng: Rng,
): Plan {
  const { mode } = profile
  const calibrating = stages.gate === 'calibration'
  const gate = stages.gate === undefined ? null : gateOf(profile, policies, { calibrating, yardstick })
  const lives = [
    ...(stages.baseline ? livesOf(profile, policies, gate, slicesPerArm, rng) : []),
    ...(gate ? gateLives(profile, gate, rng) : []),
  ]
  const stress = stages.stress ? segmentsOf(profile) : []
  const notMeasured = leftOut(profile, policies, stages, gate)
  const relayed = stages.baseline && hasFaultPath(profile.workload)
  const plan = { profile, lives, gate, stress, slicesPerArm, notMeasured, ...preludeOf(profile, relayed) }
  return { ...plan, expectedNs: expectedNs(mode, plan) }
}

function leftOut(
  profile: Profile,
  policies: readonly Policy[],
  stages: Stages,
  gate: Gate | null,
): Plan['notMeasured'] {
  const { mode, policies: all } = profile
  const why = `does not fit into the budget of ${mode.budgetNs / nsPerSecond} s`
  const others = stages.policies ? all.filter((policy) => !policies.includes(policy)) : []
  return [
    ...(besideYardstick(profile, stages) && !gate?.yardstick ? [{ what: 'yardstick', why }] : []),
    ...others.map(({ name }) => {
      const named = mode.policies === 'all' || mode.policies.includes(name)
      return { what: `policy ${name}`, why: named ? why : 'not chosen' }
    }),
  ]
}

/** A fault on every exchange, or on every datagram where there are no connections. */
function canaryFault({ protocol }: Profile['workload']): Readonly<Record<string, unknown>> {
  const always = { probability: 1 }
  return protocol === 'udp' ? { uplink: { loss: always } } : { reset: always }
}

function preludeOf(
  { mode, load, workload }: Profile,
  relayed: boolean,
): Pick<Plan, 'canary'> & { readonly warmup: NonNullable<Plan['warmup']> } {
  const full = createArm(mode, 'warmup', { kind: 'baseline', path: 'direct' })
  const single = createArm(mode, 'warmup', { kind: 'baseline', path: 'relay' })
  const rules = [plainRule('canary', parseFaults(canaryFault(workload)))]
  const canary = createArm(mode, 'canary', { kind: 'policy', path: 'relay', rules })
  // Nothing is discarded: of a slow target the first operation may be the only one.
  const short = { discardNs: 0, sliceNs: singleNs }
  const alone = { model: loops(1), use: 'both' } as const
  return {
    warmup: {
      load: {
        arm: { ...full, sliceNs: Math.max(mode.warmupNs, 2 * full.discardNs) },
        model: flattened(load.throughput),
        use: 'both',
      },
      single: relayed ? { arm: { ...single, ...short }, ...alone } : null,
    },
    canary: relayed ? { arm: { ...canary, discardNs: 0, sliceNs: canaryNs }, ...alone } : null,
  }
}

/** The lives in which effects and bounds are measured: what the gate measures of a policy is not measured twice. */
function livesOf(
  profile: Profile,
  policies: readonly Policy[],
  gate: Gate | null,
  slicesPerArm: number,
  rng: Rng,
): Life[] {
  const { mode, load } = profile
  const ofGate = new Set(gate ? policies.flatMap((policy) => costArms(mode, policy).map(({ id }) => id)) : [])
  const others = policies.filter((policy) => policyArms(mode, policy).some(({ id }) => !ofGate.has(id)))
  const groups = mode.rounds === 1 ? [others] : grouped(others)
  const baselines = baselineArms(mode).filter(({ path }) => path === 'direct' || hasFaultPath(profile.workload))
  return Array.from({ length: mode.rounds }, (_, round) => groups.map((group) => ({ group, round })))
    .flat()
    .map(({ group, round }, index) => {
      const own = group.flatMap((policy) => policyArms(mode, policy)).filter(({ id }) => !ofGate.has(id))
      const arms = [...baselines, ...own]
      const order = orderSlices(arms, slicesPerArm, rng.fork('life', index))
      return {
        round,
        group: null,
        arms,
        slices: order.flatMap((arm) => [throughputSlice(arm, load), ...latencySlices(arm, load)]),
      }
    })
}

function grouped(policies: readonly Policy[]): Policy[][] {
  const count = Math.max(1, Math.ceil(policies.length / policiesPerLife))
  return Array.from({ length: count }, (_, group) => policies.filter((_, index) => index % count === group))
}

/** Smoke stress, and in a long run the sustained load after it; the steps are for the last. */
function segmentsOf({ mode, load, stress: steps, stressClient: client, policies }: Profile): StressSegment[] {
  const segment = (
    name: string,
    model: LoadModel,
    durationNs: number,
    moments: readonly Moment[] = [],
  ): StressSegment => {
    const path = moments.some(({ installed }) => installed.some(actsOnPath)) ? 'relay' : 'direct'
    const arm = createArm(mode, 'stress', { kind: 'baseline', path, client })
    // Of a number of iterations all are measured, also those that it begins with.
    const discardNs = model.iterations === null ? Math.max(rampNs, arm.discardNs) : 0
    const phase = `stress.${name}`
    const own = { ...arm, id: phase, phase, discardNs, sliceNs: discardNs + durationNs }
    return { name, model, use: 'both', durationNs, arm: own, moments }
  }
  const sustained = stressModel(load, mode)
  const moments = timelineOf(steps, policies, mode.durationNs)
  if (mode.name === 'smoke') return [segment('smoke', sustained, mode.durationNs, moments)]
  const brief = flattened(load.throughput)
  return [segment('smoke', brief, 2 * nsPerSecond), segment('long', sustained, mode.durationNs, moments)]
}

function expectedNs(mode: Mode, { profile, lives, stress, canary, warmup }: Omit<Plan, 'expectedNs'>): number {
  // What hangs at the end of a slice is waited for.
  const waitNs = ({ rules }: Arm): number => (mayHang(rules) ? profile.workload.timeoutNs : 0)
  const slices = lives
    .flatMap((life) => life.slices)
    .reduce((sum, { arm }) => sum + arm.sliceNs + waitNs(arm) + perSliceNs, 0)
  const warmupNs = warmup ? warmup.load.arm.sliceNs + perSliceNs : 0
  const singleWholeNs = warmup?.single ? warmup.single.arm.sliceNs + perSliceNs : 0
  const livesNs = lives.reduce((sum, { arms, group }) => {
    // Every build is started, and warmed up, by itself.
    const builds = new Set(arms.map(({ build }) => build)).size
    return sum + builds * (perLifeNs + warmupNs) + (group === null ? singleWholeNs : 0)
  }, 0)
  const stressNs = stress.reduce((sum, { arm }) => sum + arm.sliceNs + perSliceNs, 0)
  const ownLife = stress.length > 0 && (lives.length === 0 || !sharesLife(mode))
  const stressLife = ownLife ? perLifeNs + warmupNs : 0
  const canaryWholeNs = canary ? canary.arm.sliceNs + waitNs(canary.arm) + perSliceNs : 0
  return livesNs + slices + stressNs + stressLife + canaryWholeNs
}

/** A plan of which some policies have other rules, also where steps of the stress stage put them in force. */
export function withPolicies(plan: Plan, policies: readonly Policy[]): Plan {
  const profile = { ...plan.profile, policies }
  return { ...plan, profile, stress: plan.stress.length > 0 ? segmentsOf(profile) : [] }
}

/** Plans ad hoc load: one stretch of the throughput model on the direct path, for the mode's duration. */
export function compileLoadPlan(profile: Profile): Plan {
  const { mode, load } = profile
  const arm = createArm(mode, 'load', { kind: 'baseline', path: 'direct' })
  const { durationNs } = mode
  const segment = { name: 'load', model: load.throughput, use: 'both' as const, durationNs, moments: [] }
  const stress = [{ ...segment, arm: { ...arm, sliceNs: arm.discardNs + durationNs } }]
  const plan = { profile, lives: [], gate: null, stress, slicesPerArm: 1, notMeasured: [], warmup: null, canary: null }
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
