import { type Rng, shuffled } from '../kernel/rng.ts'
import type { Mode, Policy, Profile } from '../profile/profile.ts'
import { type Arm, buildArms, createArm, policyArms } from './arms.ts'

/** At most so many policies share a life of the target when a run has several. */
export const policiesPerLife = 4

/** What may fail a run by being worse than something else, and how often it is measured. */
export interface Gate {
  /** Arms that are measured beside each other, in lives of the target of their own. */
  readonly groups: readonly (readonly Arm[])[]
  /** After how many rounds the run may have an answer, ascending. */
  readonly looks: readonly number[]
}

/**
 * The gate of a run: what the client's policies cost without a fault, and what the target is beside its former build; in a
 * calibration, what the target is beside itself. Null in a mode that has none, and where there is nothing to compare.
 */
export function gateOf(profile: Profile, policies: readonly Policy[], calibrating: boolean): Gate | null {
  const { mode } = profile
  if (mode.gate === null) return null
  // Of what runs already no second process can be started.
  const ofBuilds = profile.base !== null || (calibrating && profile.target.kind !== 'url')
  const costs = policies.flatMap((policy) => costArms(mode, policy))
  const count = Math.max(calibrating && !ofBuilds ? 1 : 0, Math.ceil(costs.length / policiesPerLife))
  const ofPolicies = Array.from({ length: count }, (_, group) => [
    createArm(mode, 'baseline', { kind: 'baseline', path: 'direct' }),
    createArm(mode, 'baseline', { kind: 'control', path: 'direct' }),
    ...costs.filter((_, index) => index % count === group),
  ])
  // Builds have lives of their own: all of their processes are asked equally much, and are equally warm.
  const groups = [
    ...(ofBuilds ? [buildArms(mode)] : []),
    // One of them tells of the noise, as far apart as its slices lie among those of the policies.
    ...(calibrating ? ofPolicies.slice(0, 1) : ofPolicies),
  ]
  return groups.length === 0 ? null : { groups, looks: mode.gate.rounds }
}

/** The arm of a policy that is the client's alone, without a fault; none of a fault. */
export function costArms(mode: Mode, policy: Policy): readonly Arm[] {
  if (policy.kind === 'fault') return []
  return policyArms(mode, policy).filter(({ rules }) => rules.length === 0)
}

/**
 * The order of the slices of one life of the gate: every arm once in each cycle, in an order that chance gives each cycle
 * anew, so that noise of any period falls on all alike. Where builds are compared, the two processes of each take turns.
 */
export function cycledSlices(arms: readonly Arm[], cycles: number, rng: Rng): readonly Arm[] {
  const turns = arms.some(({ build }) => build === 'again')
  return Array.from({ length: cycles }, (_, cycle) => {
    const second = cycle % 2 === 1
    const own = arms.filter(({ build }) => !turns || (build === 'again' || build === 'twin') === second)
    return shuffled(own, rng.fork('cycle', cycle))
  }).flat()
}
