import type { ArmIdentity, ArmKind, ArmPath, Build, PhaseKind } from '../measure/arm.ts'
import { knownDelayMs } from '../faults/expect.ts'
import { activeFaults } from '../faults/faults.ts'
import type { Layer, Rule } from '../faults/rule.ts'
import { canAct, plainRule } from '../faults/rules.ts'
import { nsPerMs } from '../kernel/units.ts'
import type { Mode, Policy } from '../profile/profile.ts'
import type { ClientPolicies } from '../resilience/settings.ts'

/** One way of asking the target: a path, its faults and the client's policies; fixed for the whole round. */
export interface Arm extends ArmIdentity {
  /** Of which at most one acts on a connection or exchange. */
  readonly rules: readonly Rule[]
  /** The dependency on whose path they act; null for the path of the arm itself. */
  readonly at: string | null
  readonly client: ClientPolicies
  readonly build: Build
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
  readonly rules?: readonly Rule[]
  readonly at?: string | null
  readonly client?: ClientPolicies
  readonly build?: Build
}

/** Makes an arm; slices, discard and drain grow with the delay that its faults add. */
export function createArm(mode: Mode, phaseKind: PhaseKind, shape: ArmShape): Arm {
  const { kind, path, policy = null, rules = [], at = null, client = [], build = 'target' } = shape
  const phase = policy === null ? phaseKind : `${phaseKind}.${policy}`
  const delayNs = knownDelayMs(rules) * nsPerMs
  const discardNs = Math.max(mode.discardNs, 2 * delayNs)
  return {
    id: `${phase}/${kind}-${path}`,
    phase,
    phaseKind,
    kind,
    path,
    policy,
    rules,
    at,
    client,
    build,
    discardNs,
    sliceNs: Math.max(mode.sliceNs, discardNs + leastOperations * delayNs, actsWithinNs(rules)),
    drainNs: Math.max(mode.drainNs, 4 * longestDelayNs(rules)),
  }
}

/** How long a slice must be for each fault that acts by the clock to have acted once. */
function actsWithinNs(rules: readonly Rule[]): number {
  const active = rules.filter(canAct).flatMap(({ faults }) => activeFaults(faults))
  return Math.max(0, ...active.map(({ fault, settings }) => fault.actsWithinNs?.(settings) ?? 0))
}

/** The longest delay that one of the rules adds to an exchange when it acts, as far as can be said. */
function longestDelayNs(rules: readonly Rule[]): number {
  return Math.max(
    0,
    ...rules.filter(canAct).map(({ name, faults }) => knownDelayMs([plainRule(name, faults)]) * nsPerMs),
  )
}

/** The arms that every run measures: the target itself, the same through the relay, and a second baseline. */
export function baselineArms(mode: Mode): readonly Arm[] {
  return [
    createArm(mode, 'baseline', { kind: 'baseline', path: 'direct' }),
    createArm(mode, 'baseline', { kind: 'baseline', path: 'relay' }),
    createArm(mode, 'baseline', { kind: 'control', path: 'direct' }),
  ]
}

/** The arms by which two builds are compared: two processes of each, of which one is held against the other. */
export function buildArms(mode: Mode): readonly Arm[] {
  return [
    createArm(mode, 'baseline', { kind: 'baseline', path: 'direct' }),
    ...(['again', 'base', 'twin'] as const).map((build) =>
      createArm(mode, 'baseline', { kind: build, path: 'direct', build }),
    ),
  ]
}

/** The arm that asks soakrig's own server, in a process of its own. */
export function yardstickArm(mode: Mode): Arm {
  return createArm(mode, 'baseline', { kind: 'yardstick', path: 'direct', build: 'yardstick' })
}

/**
 * The arms of one policy. A fault of the path acts in the relay; one where connections are dialled, where names are looked
 * up, on the target or at a dependency leaves the path direct, as does a client policy without a fault. A client policy
 * under a fault is measured alone (its cost), and the fault alone and both together (its benefit).
 */
export function policyArms(mode: Mode, { name: policy, kind, rules, at, client }: Policy): readonly Arm[] {
  const arm = (shape: ArmShape): Arm => createArm(mode, 'policy', { policy, ...shape })
  const faulty = { path: faultPath(rules, at), rules, at }
  if (kind === 'fault') return [arm({ kind: 'policy', ...faulty })]
  if (kind === 'client') return [arm({ kind: 'policy', path: 'direct', client })]
  return [
    arm({ kind: 'client', path: 'direct', client }),
    arm({ kind: 'fault', ...faulty }),
    arm({ kind: 'policy', ...faulty, client }),
  ]
}

/** The path on which rules act: the relay's where one of their faults does, unless it is the way to a dependency. */
export function faultPath(rules: readonly Rule[], at: string | null): ArmPath {
  const onPath = rules.some(({ faults }) => activeFaults(faults).some(({ fault }) => fault.elsewhere === undefined))
  return at === null && onPath ? 'relay' : 'direct'
}

/** The layer of a relay that a policy's rules are. */
export function layerOf({ name, rules }: Pick<Policy, 'name' | 'rules'>): Layer {
  return { name, rules }
}
