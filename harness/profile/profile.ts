import type { Problem } from '../kernel/errors.ts'
import type { ClientPolicies } from '../resilience/settings.ts'
import type { TargetSettings } from '../target/settings.ts'
import type { Workload } from '../workload/workload.ts'
import type { Ceilings } from './ceilings.ts'
import type { Dependency } from './dependencies.ts'
import type { Secret } from './env-references.ts'
import type { Guards } from './guards.ts'
import type { Load } from './load.ts'
import type { Mode } from './modes.ts'
import type { Policy } from './policies.ts'
import type { Provenance } from './provenance.ts'
import type { Scenario } from './scenario.ts'
import type { StressStep } from './stress.ts'
import type { OtherTarget } from './targets.ts'
import type { Threshold } from './threshold.ts'

export type { Ceilings } from './ceilings.ts'
export type { Dependency } from './dependencies.ts'
export type { Guards } from './guards.ts'
export type { Load } from './load.ts'
export type { Mode, ModeName } from './modes.ts'
export type { Policy } from './policies.ts'
export type { Provenance } from './provenance.ts'
export type { Scenario, ScenarioFigure } from './scenario.ts'
export type { StressStep } from './stress.ts'
export type { OtherTarget } from './targets.ts'
export type { Threshold } from './threshold.ts'
export type { Workload } from '../workload/workload.ts'

/** What to test, how hard, under which faults, and what must hold: units converted, defaults filled in. */
export interface Profile {
  readonly name: string
  readonly seed: number
  /** The file as it was given, or `<object>`. */
  readonly source: string
  readonly target: TargetSettings
  /** Further targets, which policies of a client may ask. */
  readonly others: readonly OtherTarget[]
  /** The former build of the target; null where nobody named one. */
  readonly base: TargetSettings | null
  /** Services that the target asks, in their order. */
  readonly dependencies: readonly Dependency[]
  readonly workload: Workload
  readonly load: Load
  /** The one mode that was chosen. */
  readonly mode: Mode
  /** All of them, in their order; `mode.policies` says which are measured. */
  readonly policies: readonly Policy[]
  /** What happens in the stress stage of the mode, in the order of the times. */
  readonly stress: readonly StressStep[]
  /** What the client does in the stress stage; none for the plain path. */
  readonly stressClient: ClientPolicies
  /** Null where the run is not about an overload. */
  readonly scenario: Scenario | null
  readonly ceilings: Ceilings
  /** Over clean load. */
  readonly thresholds: readonly Threshold[]
  readonly guards: Guards
  /** The whole document as the user would write it, defaults filled in; `${env:NAME}` is kept as written. */
  readonly effective: Readonly<Record<string, unknown>>
  /** What `${env:NAME}` stood for: it belongs into no result. */
  readonly secrets: readonly Secret[]
  /** Where each leaf of `effective` came from, by JSON pointer. */
  readonly provenance: Readonly<Record<string, Provenance>>
  readonly warnings: readonly Problem[]
}
