import type { PhaseKind } from '../measure/arm.ts'
import type { Result, ResultArm, ResultSlice } from '../archive/result.ts'

/** An arm with its place in the result file. */
export interface PlacedArm {
  /** `policy.retry/policy-relay` */
  readonly id: string
  readonly pointer: string
  readonly arm: ResultArm
  /** The arm's slices in the order of the file. */
  readonly slices: readonly ResultSlice[]
  /** Arms of policies are also seen relative to the baseline of their path. */
  readonly ofPolicy: boolean
}

/** Phases whose arms mean nothing beside those of another run: a start, or the steps of a search, which differ from run to run. */
const notCompared: readonly PhaseKind[] = ['canary', 'warmup', 'capacity', 'tune', 'adjusted']

/** The arms whose figures mean something by themselves, by name. */
export function armsOf({ phases, slices }: Result): ReadonlyMap<string, PlacedArm> {
  const placed = phases.flatMap(({ id: phase, kind, arms }, phaseIndex) => {
    if (notCompared.includes(kind)) return []
    return arms.map((arm, armIndex): [string, PlacedArm] => {
      const id = `${phase}/${arm.arm}-${arm.path}`
      const own = slices.filter((slice) => slice.phase === phase && slice.arm === arm.arm && slice.path === arm.path)
      const pointer = `/phases/${phaseIndex}/arms/${armIndex}`
      return [id, { id, pointer, arm, slices: own, ofPolicy: kind === 'policy' }]
    })
  })
  return new Map(placed)
}

/** The baseline of the path that an arm took. */
export function baselineOf(arms: ReadonlyMap<string, PlacedArm>, { arm }: PlacedArm): PlacedArm | undefined {
  return arms.get(`baseline/baseline-${arm.path}`)
}
