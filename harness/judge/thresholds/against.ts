import type { ArmIdentity } from '../../measure/arm.ts'
import type { ArmMeasurement } from '../../measure/measurements.ts'
import { figuresOf } from '../facts.ts'
import type { Against, LimitedFigures } from '../limits.ts'
import { figuresOfGroup, type WindowGroup, type WindowSummary } from '../windows.ts'

/** The figures of an archived result; null where it has none of the kind. */
export interface ReferenceFigures {
  /** Why there is no archived result; null where there is one. */
  readonly whyNone: string | null
  /** Of an arm, as its limits are held. */
  arm(id: string): LimitedFigures | null
  /** Of an arm, with the latency of its successes, from their send: that is what windows have. */
  successes(id: string): LimitedFigures | null
  /** Of the windows of a phase under the same policies. */
  windows(phase: string, faults: readonly string[]): LimitedFigures | null
}

/** Where nobody looked for one. */
export const noReference: ReferenceFigures = {
  whyNone: 'no reference was looked for',
  arm: () => null,
  successes: () => null,
  windows: () => null,
}

/** What relative limits are relative to, by what they are about. */
export interface Comparables {
  ofArm(arm: Pick<ArmIdentity, 'id' | 'path'>): Against
  /** Of windows of a phase that are under the same policies. */
  ofWindows(phase: string, faults: readonly string[]): Against
}

/** The baseline of each path; null where it was not measured. */
interface Baselines {
  whole(path: ArmIdentity['path']): LimitedFigures | null
  /** With the latency of its successes. */
  successes(path: ArmIdentity['path']): LimitedFigures | null
}

interface Known {
  readonly arms: readonly Pick<ArmIdentity, 'id' | 'phase' | 'path'>[]
  readonly baselines: Baselines
  readonly windows: () => WindowSummary
  readonly reference: ReferenceFigures
}

/** The arm that is the baseline of a path. */
export function baselineId(path: ArmIdentity['path']): string {
  return `baseline/baseline-${path}`
}

/**
 * What there is to be relative to. Windows under a policy are held against those of the same phase without a fault, which
 * had the same load; windows without a fault, against the baseline arm.
 */
export function comparablesOf({ arms, baselines, windows, reference }: Known): Comparables {
  const { whyNone } = reference
  // Most limits are relative to nothing.
  const lazily = (baseline: () => LimitedFigures | null, archived: () => LimitedFigures | null): Against => ({
    get baseline() {
      return baseline()
    },
    get reference() {
      return archived()
    },
    whyNone,
  })
  return {
    ofArm({ id, path }) {
      return lazily(
        () => baselines.whole(path),
        () => reference.arm(id),
      )
    },
    ofWindows(phase, faults) {
      const arm = arms.find((one) => one.phase === phase)
      const own = (): readonly WindowGroup[] => windows().groups.filter((group) => group.phase === phase)
      return lazily(
        () => {
          if (faults.length > 0) {
            const clean = own().find((group) => group.faults.length === 0)
            return clean ? figuresOfGroup(clean) : null
          }
          return baselines.successes(arm?.path ?? 'direct')
        },
        () => (own().length > 0 ? reference.windows(phase, faults) : reference.successes(arm?.id ?? phase)),
      )
    },
  }
}

/** The baselines among the arms that were measured. */
export function baselinesOf(measured: ReadonlyMap<string, ArmMeasurement>): Baselines {
  const find = (path: ArmIdentity['path']): ArmMeasurement | null => {
    const found = measured.get(baselineId(path))
    return found && found.slices > 0 ? found : null
  }
  return {
    whole(path) {
      const arm = find(path)
      return arm && figuresOf(arm)
    },
    successes(path) {
      const arm = find(path)
      return arm && successesOf(arm)
    },
  }
}

function successesOf(arm: ArmMeasurement): LimitedFigures {
  const { ok } = arm.latencies
  return { ...figuresOf(arm), judgedLatencyMs: ok.summary(), percentileMs: (percent) => ok.percentileMs(percent) }
}
