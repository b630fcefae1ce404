import type { Layer, Rule } from '../faults/rule.ts'
import type { Policy, StressStep } from '../profile/profile.ts'
import { faultPath, layerOf } from './arms.ts'

/** A policy's rules, and where they act: on the way to the target, or to one of its dependencies. */
export interface Installed {
  readonly layer: Layer
  readonly at: string | null
}

/** Whether it acts in the relay that the load goes through. */
export function actsOnPath({ layer, at }: Installed): boolean {
  return faultPath(layer.rules, at) === 'relay'
}

/** What is in force from a moment on, counted from the start of the segment's measured time. */
export interface Moment {
  readonly atNs: number
  readonly installed: readonly Installed[]
}

/**
 * The moments at which steps change what is in force, in their order; a step `for` a time is over after it, and everything
 * at the end of the segment.
 */
export function timelineOf(
  steps: readonly StressStep[],
  policies: readonly Policy[],
  durationNs: number,
): readonly Moment[] {
  const changes = steps
    .flatMap(({ atNs, kind, policy, forNs }) => [
      { atNs, policy, on: kind === 'install' },
      ...(kind === 'install' && forNs !== null ? [{ atNs: atNs + forNs, policy, on: false }] : []),
    ])
    .toSorted((a, b) => a.atNs - b.atNs)
  const moments = [...new Set(changes.map(({ atNs }) => atNs))].filter((atNs) => atNs < durationNs)
  const inForce = new Set<string>()
  const timeline = moments.map((atNs) => {
    for (const change of changes.filter((one) => one.atNs === atNs)) {
      if (change.on) inForce.add(change.policy)
      else inForce.delete(change.policy)
    }
    // In the order in which the profile has them, whatever was installed first.
    const installed = policies
      .filter(({ name }) => inForce.has(name))
      .map((policy) => ({ layer: layerOf(policy), at: policy.at }))
    return { atNs, installed }
  })
  return (timeline.at(-1)?.installed.length ?? 0) > 0 ? [...timeline, { atNs: durationNs, installed: [] }] : timeline
}

/** A policy that was in force at some moment of a segment. */
interface SteppedLayer {
  readonly name: string
  readonly rules: readonly Rule[]
  /** As of what was installed. */
  readonly at: string | null
  /** The longest time that it was in force at a stretch. */
  readonly inForceNs: number
}

/** The policies that were in force at some moment of a segment of so long, with the longest time that each was so at a stretch. */
export function steppedPolicies(moments: readonly Moment[], durationNs: number): readonly SteppedLayer[] {
  const longest = new Map<string, SteppedLayer>()
  const since = new Map<string, number>()
  for (const [index, { atNs, installed }] of moments.entries()) {
    const names = installed.map(({ layer }) => layer.name)
    for (const name of since.keys()) if (!names.includes(name)) since.delete(name)
    const untilNs = moments[index + 1]?.atNs ?? durationNs
    for (const { layer, at } of installed) {
      const { name, rules } = layer
      const fromNs = since.get(name) ?? atNs
      since.set(name, fromNs)
      longest.set(name, { name, rules, at, inForceNs: Math.max(longest.get(name)?.inForceNs ?? 0, untilNs - fromNs) })
    }
  }
  return [...longest.values()]
}
