import type { ArmIdentity, ArmKind, ArmPath, PhaseKind } from '../measure/arm.ts'
import { expectationOf } from '../faults/expect.ts'
import { type Faults, noFaults } from '../faults/faults.ts'
import type { Mode, Policy } from '../profile/profile.ts'
import type { ClientPolicies } from '../resilience/client.ts'

/** One way of asking the target: a path, its faults and the client's policies; fixed for the whole round. */
export interface Arm extends ArmIdentity {
  readonly faults: Faults
  readonly client: ClientPolicies
  /** Of one slice: all of it, the part that is not measured, and the longest wait for what is in flight at its end. */
  readonly sliceNs: number
  readonly discardNs: number
  readonly drainNs: number
}

/** A slice holds at least so many operations of one closed loop; a delay would else leave too few to measure. */
const leastOperations = 20

interface ArmShape {
  readonly kind: ArmKind
  readonly path: ArmPath
  readonly policy?: string
  readonly faults?: Faults
  readonly client?: ClientPolicies
}

/** Makes an arm; slices, discard and drain grow with the delay that its faults add. */
export function createArm(mode: Mode, phaseKind: PhaseKind, shape: ArmShape): Arm {
  const { kind, path, policy = null, faults = noFaults, client = [] } = shape
  const phase = policy === null ? phaseKind : `${phaseKind}.${policy}`
  const delayNs = expectedDelayNs(faults)
  const discardNs = Math.max(mode.discardNs, 2 * delayNs)
  return {
    id: `${phase}/${kind}-${path}`,
    phase,
    phaseKind,
    kind,
    path,
    policy,
    faults,
    client,
    discardNs,
    sliceNs: Math.max(mode.sliceNs, discardNs + leastOperations * delayNs),
    drainNs: Math.max(mode.drainNs, 4 * delayNs),
  }
}

/** The delay of an exchange that its faults are sure to add, in ns; what depends on its size is not known yet. */
function expectedDelayNs(faults: Faults): number {
  const nothing = { min: 0, max: 0 }
  const baseline = { p50Ms: 0, singleP50Ms: 0, responseBytes: nothing, requestBytes: nothing, backgroundShare: 0 }
  return expectationOf(faults, baseline, 1e9).delayMs.hi * 1e6
}

/** The arms that every run measures: the target itself, the same through the relay, and a second baseline. */
export function baselineArms(mode: Mode): readonly Arm[] {
  return [
    createArm(mode, 'baseline', { kind: 'baseline', path: 'direct' }),
    createArm(mode, 'baseline', { kind: 'baseline', path: 'relay' }),
    createArm(mode, 'baseline', { kind: 'control', path: 'direct' }),
  ]
}

/**
 * The arms of one policy. A fault acts in the relay; a client policy without a fault goes direct; a client policy under
 * a fault is measured alone (its cost), and the fault alone and both together (its benefit).
 */
export function policyArms(mode: Mode, { name: policy, kind, faults, client }: Policy): readonly Arm[] {
  const arm = (shape: ArmShape): Arm => createArm(mode, 'policy', { policy, ...shape })
  if (kind === 'fault') return [arm({ kind: 'policy', path: 'relay', faults })]
  if (kind === 'client') return [arm({ kind: 'policy', path: 'direct', client })]
  return [
    arm({ kind: 'client', path: 'direct', client }),
    arm({ kind: 'fault', path: 'relay', faults }),
    arm({ kind: 'policy', path: 'relay', faults, client }),
  ]
}
