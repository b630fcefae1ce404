/**
 * baseline; control, a second baseline; of a policy its `policy` arm, and under a fault also `client` and `fault`; again,
 * another process of the target; base and twin, two processes of its former build; yardstick, soakrig's own server.
 */
export const armKinds = [
  'baseline',
  'control',
  'policy',
  'client',
  'fault',
  'again',
  'base',
  'twin',
  'yardstick',
] as const
export type ArmKind = (typeof armKinds)[number]

/** Whether an arm's clients talk to the target itself or through the relay. */
export type ArmPath = 'direct' | 'relay'

/** The processes that arms ask: two of the target, two of its former build, and the yardstick. */
export const builds = ['target', 'again', 'base', 'twin', 'yardstick'] as const
export type Build = (typeof builds)[number]

/**
 * Of a search: `capacity` and `tune`, whose arms are its steps, and tell nothing by themselves. `adjusted`: a policy that was
 * made weaker until the target held its bounds.
 */
export const phaseKinds = [
  'canary',
  'warmup',
  'baseline',
  'policy',
  'adjusted',
  'stress',
  'load',
  'capacity',
  'tune',
] as const
export type PhaseKind = (typeof phaseKinds)[number]

/** What names an arm in a run. */
export interface ArmIdentity {
  /** Unique in the run, such as `policy.retry/fault`. */
  readonly id: string
  readonly phase: string
  readonly phaseKind: PhaseKind
  readonly kind: ArmKind
  readonly path: ArmPath
  readonly policy: string | null
}
