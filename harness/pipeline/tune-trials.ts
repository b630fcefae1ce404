import type { ResultStrengthStep, ResultStrengthTrial } from '../archive/tune.ts'
import { withStrength } from '../faults/strength.ts'
import { stepVerdict } from '../judge/tune/step.ts'
import { judgeTrial } from '../judge/tune/trial.ts'
import { nsPerMs, significant } from '../kernel/units.ts'
import type { ArmMeasurement } from '../measure/measurements.ts'
import { strengthText } from '../measure/strength-unit.ts'
import { type Arm, createArm, faultPath } from '../plan/arms.ts'
import type { Plan } from '../plan/plan.ts'
import { latencySlices, type PlannedSlice, throughputSlice } from '../plan/slices.ts'
import type { Policy } from '../profile/profile.ts'
import type { Session } from '../run/session.ts'
import type { SearchOptions } from './search.ts'
import type { TuneSubject } from './tune-subject.ts'

/** A strength that was tried. */
export interface MeasuredStep {
  readonly value: number
  readonly trials: readonly ResultStrengthTrial[]
}

/** The arm of a policy under its fault, in the phase of a kind. */
export function armOfPolicy(
  { profile: { mode } }: Plan,
  phaseKind: Arm['phaseKind'],
  { name: policy, rules, at, client }: Policy,
): Arm {
  return createArm(mode, phaseKind, { kind: 'policy', policy, path: faultPath(rules, at), rules, at, client })
}

/** The arms of a trial: a policy's, and the baseline's on the same path. */
export function trialArms(plan: Plan, tried: Policy): { readonly clean: Arm; readonly tried: Arm } {
  const arm = armOfPolicy(plan, 'tune', tried)
  return { tried: arm, clean: createArm(plan.profile.mode, 'tune', { kind: 'baseline', path: arm.path }) }
}

/** The slices of an arm: one, or one for throughput and one for latency. */
export function slicesOf(arm: Arm, { profile: { load } }: Plan): readonly PlannedSlice[] {
  return [throughputSlice(arm, load), ...latencySlices(arm, load)]
}

/** Trials of strengths, each with a slice of the baseline beside it, on a target that is warm. */
export class StrengthTrials {
  readonly #session: Session
  readonly #plan: Plan
  readonly #onProgress: SearchOptions['onProgress']
  #single: ArmMeasurement | null = null
  #trials = 0

  constructor(session: Session, plan: Plan, { onProgress }: Pick<SearchOptions, 'onProgress'>) {
    this.#session = session
    this.#plan = plan
    this.#onProgress = onProgress
  }

  /** Starts a target afresh, with `beside` these arms, and warms it up; `proven`: that faults show is proven first. */
  async openLife(beside: readonly Arm[], proven: boolean): Promise<void> {
    const { warmup, canary } = this.#plan
    const single = warmup?.single ?? null
    const first = proven ? canary : null
    this.#tell('start', 'a target for trials', null)
    await this.#session.openLife([...beside, ...[single, first].flatMap((one) => (one ? [one.arm] : []))])
    for (const slice of [first, warmup?.load ?? null, single]) {
      if (!slice || this.#session.stopped) continue
      this.#tell(slice.arm.phase, 'before the trials', slice.arm.sliceNs)
      const measured = await this.#session.slice(slice.arm, { round: 0, order: 0, ...slice })
      if (slice === single) this.#single = measured
    }
  }

  /** Tries a policy at a strength; null where the session was ended meanwhile, which says nothing. */
  async measure({ policy, strength }: TuneSubject, value: number): Promise<ResultStrengthTrial | null> {
    const tried = { ...policy, rules: withStrength(policy.rules, strength, value) }
    const phase = `tune.${policy.name}-${++this.#trials}`
    const named = (one: Arm): Arm => ({ ...one, phase, id: `${phase}/${one.kind}-${one.path}` })
    const arms = trialArms(this.#plan, tried)
    const [arm, clean] = [named(arms.tried), named(arms.clean)]
    const text = `${strength.name} ${strengthText(strength.parameter.unit, value)}`
    this.#tell(`tune ${policy.name}`, text, arm.sliceNs + clean.sliceNs)
    const baseline = await this.#carry(clean)
    const measurement = await this.#carry(arm)
    if (this.#session.stopped) return null
    const profile = { ...this.#plan.profile, policies: [tried] }
    const trial = trialOf({ arm, measurement, baseline, single: this.#single, profile })
    await this.#session.closeArm(clean)
    await this.#session.closeArm(arm)
    return trial
  }

  async #carry(arm: Arm): Promise<ArmMeasurement> {
    await this.#session.openArm(arm)
    let measured: ArmMeasurement | undefined
    for (const slice of slicesOf(arm, this.#plan))
      measured = await this.#session.slice(arm, { round: 0, order: this.#trials, ...slice })
    return measured as ArmMeasurement
  }

  #tell(stage: string, detail: string, expectedNs: number | null): void {
    const expectedMs = expectedNs === null ? null : expectedNs / nsPerMs
    this.#onProgress({ kind: 'stage', stage, detail, expectedMs })
  }
}

function trialOf(tried: Parameters<typeof judgeTrial>[0]): ResultStrengthTrial {
  const { held, near, whyVoid, bounds, verdict } = judgeTrial(tried)
  const { ok, failed } = tried.measurement.measured.operations
  const { p50, p99 } = verdict.figures.judgedLatencyMs
  const baselineP50 = rounded(tried.baseline.latencies.ok.percentileMs(50))
  return { held, whyVoid, near, ok, failed, p50: rounded(p50), p99: rounded(p99), baselineP50, bounds }
}

function rounded(ms: number | null): number | null {
  return ms === null ? null : significant(ms)
}

/** The steps with one more trial, of the last one where that has this strength. */
export function withTrial(steps: readonly MeasuredStep[], value: number, trial: ResultStrengthTrial): MeasuredStep[] {
  const last = steps.at(-1)
  if (last?.value !== value) return [...steps, { value, trials: [trial] }]
  return [...steps.slice(0, -1), { value, trials: [...last.trials, trial] }]
}

/** Steps as they are archived. */
export function archivedSteps(steps: readonly MeasuredStep[]): readonly ResultStrengthStep[] {
  return steps.map(({ value, trials }) => ({
    value,
    verdict: stepVerdict(trials),
    held: trials.filter(({ held }) => held === true).length,
    of: trials.length,
    trials,
  }))
}
