import { type Rng, shuffled } from '../kernel/rng.ts'
import type { Mode, Policy, Profile } from '../profile/profile.ts'
import { type Yardstick, yardstick, yardstickLoad } from '../profile/yardstick.ts'
import { type Arm, buildArms, createArm, policyArms, yardstickArm } from './arms.ts'
import { latencySlices, type Life, type PlannedSlice, throughputSlice } from './slices.ts'

/** At most so many policies share a life of the target when a run has several. */
export const policiesPerLife = 4

/** What may fail a run by being worse than something else, and how often it is measured. */
export interface Gate {
  /** Arms that are measured beside each other, in lives of the target of their own. */
  readonly groups: readonly (readonly Arm[])[]
  /** After how many rounds the run may have an answer, ascending. */
  readonly looks: readonly number[]
  /** What one of the groups measures the target beside; null where none does. */
  readonly yardstick: Yardstick | null
}

/** What a gate is for. */
interface GateAim {
  /** To learn the noise of the machine, instead of comparing anything with something else. */
  readonly calibrating: boolean
  /** To measure the target beside the yardstick, unless the mode does not want it; not while calibrating. */
  readonly yardstick: boolean
}

/**
 * The gate of a run: what the client's policies cost without a fault, what the target is beside its former build, and beside
 * the yardstick; in a calibration, what the target is beside itself. Null in a mode that has none, and where there is nothing
 * to compare. The yardstick is in the first group of policies, where it costs but its own slices and a process; without
 * policies it has a group of its own.
 */
export function gateOf(profile: Profile, policies: readonly Policy[], aim: GateAim): Gate | null {
  const { mode } = profile
  if (mode.gate === null) return null
  const { calibrating } = aim
  const beside = aim.yardstick && mode.gate.yardstick ? yardstick : null
  // Of what runs already no second process can be started.
  const ofBuilds = profile.base !== null || (calibrating && profile.target.kind !== 'url')
  const costs = policies.flatMap((policy) => costArms(mode, policy))
  const least = beside !== null || (calibrating && !ofBuilds) ? 1 : 0
  const ofPolicies = policyGroups(mode, costs, least, beside !== null)
  // Builds have lives of their own: all of their processes are asked equally much, and are equally warm.
  const groups = [
    ...(ofBuilds ? [buildArms(mode)] : []),
    // One of them tells of the noise, as far apart as its slices lie among those of the policies.
    ...(calibrating ? ofPolicies.slice(0, 1) : ofPolicies),
  ]
  if (groups.length === 0) return null
  // What decides nothing needs no second look.
  const decides = calibrating || ofBuilds || costs.length > 0
  return { groups, looks: decides ? mode.gate.rounds : mode.gate.rounds.slice(0, 1), yardstick: beside }
}

/** Costs of policies in groups, each beside two measurements of the baseline; the yardstick is in the first. */
function policyGroups(mode: Mode, costs: readonly Arm[], least: number, yardsticked: boolean): Arm[][] {
  const count = Math.max(least, Math.ceil(costs.length / policiesPerLife))
  return Array.from({ length: count }, (_, group) => [
    createArm(mode, 'baseline', { kind: 'baseline', path: 'direct' }),
    createArm(mode, 'baseline', { kind: 'control', path: 'direct' }),
    ...costs.filter((_, index) => index % count === group),
    ...(yardsticked && group === 0 ? [yardstickArm(mode)] : []),
  ])
}

/** The arm of a policy that is the client's alone, without a fault; none of a fault. */
export function costArms(mode: Mode, policy: Policy): readonly Arm[] {
  if (policy.kind === 'fault') return []
  return policyArms(mode, policy).filter(({ rules }) => rules.length === 0)
}

/** The lives of the gate up to its last look, round by round. */
export function gateLives({ mode, load }: Profile, { groups, looks }: Gate, rng: Rng): readonly Life[] {
  return Array.from({ length: looks.at(-1) ?? 0 }, (_, round) =>
    groups.map((arms, group) => {
      const own = rng.fork('gate', round, group)
      return { round, group, arms, slices: cycledSlices(arms, mode.gate?.slices ?? 1, load, own) }
    }),
  ).flat()
}

/**
 * The slices of one life of the gate: every arm once in each cycle, in an order that chance gives each cycle anew, so that
 * noise of any period falls on all alike. Where builds are compared, the two processes of each take turns, there and back, and
 * chance says of either build which of them leads in the round: what is slow at the start of each is neither's. Latency that
 * has slices of its own has them after the others of its cycle, again in an order of chance: what all arms are asked there may
 * be a share of what one of them has reached before.
 */
export function cycledSlices(
  arms: readonly Arm[],
  cycles: number,
  load: Profile['load'],
  rng: Rng,
): readonly PlannedSlice[] {
  const loadOf = (arm: Arm): Profile['load'] => (arm.build === 'yardstick' ? yardstickLoad(load) : load)
  const takesPart = turnsOf(arms, rng.fork('lead'))
  const leading = arms.filter((arm) => takesPart(arm, 0))
  return Array.from({ length: cycles }, (_, cycle) => {
    const own = arms.filter((arm) => takesPart(arm, cycle))
    return [
      ...shuffled(own, rng.fork('cycle', cycle)).map((arm) => throughputSlice(arm, loadOf(arm))),
      ...shuffled(own, rng.fork('cycle', cycle, 'latency')).flatMap((arm) => latencySlices(arm, loadOf(arm))),
    ]
  })
    .flat()
    .map((slice) => ({ ...slice, paceOf: paceOf(slice.arm, leading) }))
}

/** Whether an arm has a slice in a cycle: every arm in each, but of two processes of one build one in each. */
function turnsOf(arms: readonly Arm[], rng: Rng): (arm: Arm, cycle: number) => boolean {
  if (!arms.some(({ build }) => build === 'again')) return () => true
  const [target, former] = [rng.next() < 0.5, rng.next() < 0.5]
  return ({ build }, cycle) => {
    const seconds = build === 'again' || build === 'twin'
    const leads = build === 'base' || build === 'twin' ? former : target
    // Leading, following, following, leading: the same part of the round for both.
    return ((cycle + 1) % 4 < 2 === seconds) === leads
  }
}

/**
 * All arms of a group are asked for the same rate, or a slower one would be asked for less and look no slower: a share of what
 * the former build reaches, where there is one, else the baseline; the process of it that leads, since that is known before
 * the share is asked for. The yardstick is another program, with a rate of its own.
 */
function paceOf(arm: Arm, leading: readonly Arm[]): string {
  if (arm.build === 'yardstick') return arm.id
  const named = (kind: Arm['kind']): Arm | undefined => leading.find((one) => one.kind === kind)
  return (named('base') ?? named('twin') ?? named('baseline') ?? arm).id
}
