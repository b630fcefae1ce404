import { baselineFacts } from '../judge/facts.ts'
import type { ArmMeasurement } from '../measure/measurements.ts'
import type { Arm } from '../plan/arms.ts'
import { type Life, type Plan, sharesLife } from '../plan/plan.ts'
import type { Session } from '../run/session.ts'
import type { RunOptions } from './options.ts'
import { checkVisibility } from './visibility.ts'

/** Carries out the stages of a plan on a session; each returns at once when the session has stopped. */
export class StageRunner {
  readonly #session: Session
  readonly #options: RunOptions
  #lives = 0

  constructor(session: Session, options: RunOptions) {
    this.#session = session
    this.#options = options
  }

  /** The baselines and the policies, each singly, in all lives of the plan. Throws `rate-invisible` (104). */
  async measure(): Promise<void> {
    for (const life of this.#options.plan.lives) {
      if (this.#session.stopped) return
      await this.#measureLife(life)
    }
  }

  /** The stress stage; on the last target where the run has one round, else on a fresh one. */
  async stress(): Promise<void> {
    const { plan } = this.#options
    const { profile } = plan
    if (this.#session.stopped || plan.stress.length === 0) return
    if (this.#lives === 0 || !sharesLife(profile.mode)) {
      await this.#openLife([])
      await this.#warmUp(plan)
    }
    for (const [order, { name, arm, workers, durationNs }] of plan.stress.entries()) {
      if (this.#session.stopped) return
      this.#stage(`stress ${name}`, `${workers} workers`, durationNs)
      this.#tell(arm, await this.#session.slice(arm, { round: 0, order, workers, watched: true }))
    }
  }

  async #measureLife(life: Life): Promise<void> {
    const { plan } = this.#options
    const { profile } = plan
    const { workers } = profile.load
    const canary = this.#lives === 0 ? plan.canary : null
    const single = plan.warmup?.single
    await this.#openLife([...life.arms, ...(single ? [single] : []), ...(canary ? [canary] : [])])
    if (canary && !this.#session.stopped) {
      this.#stage('canary', 'a fault on every exchange must show', canary.sliceNs)
      await this.#session.slice(canary, { round: life.round, order: 0, workers: 1 })
    }
    await this.#warmUp(plan)
    if (single && !this.#session.stopped) {
      const alone = await this.#session.slice(single, { round: life.round, order: 0, workers: 1 })
      const facts = baselineFacts(alone, alone)
      if (facts) checkVisibility(life.arms, facts)
    }
    for (const [order, arm] of life.slices.entries()) {
      if (this.#session.stopped) return
      this.#stage(arm.id, `slice ${order + 1} of ${life.slices.length}`, arm.sliceNs)
      this.#tell(arm, await this.#session.slice(arm, { round: life.round, order, workers }))
    }
  }

  async #openLife(arms: readonly Arm[]): Promise<void> {
    this.#stage('start', `target ${this.#lives + 1}`, null)
    await this.#session.openLife(arms)
    this.#lives++
  }

  async #warmUp({ warmup }: Plan): Promise<void> {
    if (this.#session.stopped || !warmup) return
    const { load, mode } = this.#options.plan.profile
    this.#stage('warm-up', `${load.workers} workers`, mode.warmupNs)
    await this.#session.slice(warmup.load, { round: 0, order: 0, workers: load.workers })
  }

  #stage(stage: string, detail: string, expectedNs: number | null): void {
    this.#options.onProgress({
      kind: 'stage',
      stage,
      detail,
      expectedMs: expectedNs === null ? null : expectedNs / 1e6,
    })
  }

  #tell(arm: Arm, { measured, measuredNs, latencies }: ArmMeasurement): void {
    this.#options.onProgress({
      kind: 'arm',
      phase: arm.phase,
      arm: `${arm.kind} ${arm.path}`,
      okPerSecond: measuredNs === 0 ? null : (measured.operations.ok * 1e9) / measuredNs,
      p50Ms: latencies.ok.percentileMs(50),
      p99Ms: latencies.ok.percentileMs(99),
      failed: measured.operations.failed,
    })
  }
}
