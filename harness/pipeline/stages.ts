import type { GateCalibration } from '../judge/calibration/ruler.ts'
import { baselineFacts } from '../judge/facts.ts'
import type { ArmMeasurement } from '../measure/measurements.ts'
import type { Arm } from '../plan/arms.ts'
import { modelText } from '../plan/models.ts'
import { type Life, type Plan, type PlannedSlice, sharesLife } from '../plan/plan.ts'
import type { Session } from '../run/session.ts'
import type { SlicePlace } from '../run/summary.ts'
import type { RunOptions } from './options.ts'
import { checkVisibility } from './visibility.ts'

/** Carries out the stages of a plan on a session; each returns at once when the session has stopped. */
export class StageRunner {
  readonly #session: Session
  readonly #options: RunOptions
  readonly #calibration: GateCalibration | null
  #lives = 0
  #part: string | null = null

  /** Where the baseline was calibrated, the operations of the gate that are slower than its p99 are counted. */
  constructor(session: Session, options: RunOptions, calibration: GateCalibration | null) {
    this.#session = session
    this.#options = options
    this.#calibration = calibration
  }

  /**
   * The baselines and the policies, each singly, in all lives of the plan; those of the gate until `answered` says, after one
   * of its looks, that there is an answer. Throws `rate-invisible` (104).
   */
  async measure(answered: () => Promise<boolean>): Promise<void> {
    const { lives, gate } = this.#options.plan
    for (const [index, life] of lives.entries()) {
      if (this.#session.stopped) return
      const round = roundText(life, this.#options.plan)
      this.#part = round === '' ? null : `${round}target ${this.#lives + 1}`
      await this.#measureLife(life, round)
      this.#part = null
      const done = life.round + 1
      const ofNext = lives[index + 1]?.round
      if (life.group !== null && ofNext !== life.round && gate?.looks.includes(done) && (await answered())) return
    }
  }

  /** The stress stage; on the last target where the run has one round, else on a fresh one. */
  async stress(segments: Plan['stress'] = this.#options.plan.stress): Promise<void> {
    const { plan } = this.#options
    const { profile } = plan
    if (this.#session.stopped || segments.length === 0) return
    if (this.#lives === 0 || !sharesLife(profile.mode)) {
      await this.#openLife(segments.map(({ arm }) => arm))
      await this.#warmUp(plan, [])
    }
    for (const [order, { name, arm, durationNs, ...how }] of segments.entries()) {
      if (this.#session.stopped) return
      this.#stage(arm.phaseKind === 'load' ? name : `stress ${name}`, modelText(how.model), durationNs)
      this.#tell(arm, await this.#session.slice(arm, { round: 0, order, ...how, watched: true }))
    }
  }

  async #measureLife(life: Life, round: string): Promise<void> {
    const { plan } = this.#options
    const canary = this.#lives === 0 ? plan.canary : null
    // The gate has no arm behind the relay.
    const single = life.group === null ? plan.warmup?.single : null
    const stress = sharesLife(plan.profile.mode) ? plan.stress.map(({ arm }) => arm) : []
    await this.#openLife([...life.arms, ...(single ? [single.arm] : []), ...(canary ? [canary.arm] : []), ...stress])
    if (canary && !this.#session.stopped) {
      this.#stage('canary', 'a fault on every exchange must show', canary.arm.sliceNs)
      await this.#carry(canary, { ...life, order: 0 })
    }
    await this.#warmUp(plan, life.slices)
    if (single && !this.#session.stopped) {
      const alone = await this.#carry(single, { ...life, order: 0 })
      const facts = baselineFacts(alone, alone)
      if (facts) checkVisibility(life.arms, facts)
    }
    for (const [order, slice] of life.slices.entries()) {
      if (this.#session.stopped) return
      const { id, sliceNs } = slice.arm
      this.#stage(id, `${round}slice ${order + 1} of ${life.slices.length}`, sliceNs)
      this.#tell(slice.arm, await this.#carry(slice, { ...life, order }, besidesOf(life, order, this.#calibration)))
    }
  }

  #carry(
    { arm, ...how }: PlannedSlice,
    { round, order, group = null }: SlicePlace,
    besides: ReturnType<typeof besidesOf> = {},
  ): Promise<ArmMeasurement> {
    return this.#session.slice(arm, { round, order, group, ...how, ...besides })
  }

  async #openLife(arms: readonly Arm[]): Promise<void> {
    this.#stage('start', `target ${this.#lives + 1}`, null)
    await this.#session.openLife(arms)
    this.#lives++
  }

  /** Warms up every build that these slices ask, in the order in which they do; without any, the target. */
  async #warmUp({ warmup }: Plan, slices: readonly PlannedSlice[]): Promise<void> {
    if (!warmup) return
    const { arm, ...load } = warmup.load
    const asked = [...new Set(slices.map((slice) => slice.arm.build))]
    for (const build of asked.length === 0 ? [arm.build] : asked) {
      if (this.#session.stopped) return
      this.#stage('warm-up', modelText(load.model), this.#options.plan.profile.mode.warmupNs)
      const kind = build === 'target' ? arm.kind : build
      const own = { ...arm, id: `${arm.phase}/${kind}-${arm.path}`, kind, build }
      await this.#carry({ ...load, arm: own }, { round: 0, order: 0 })
    }
  }

  #stage(stage: string, detail: string, expectedNs: number | null): void {
    const { metrics, onProgress } = this.#options
    if (metrics) metrics.phase = stage
    onProgress({
      kind: 'stage',
      stage,
      detail,
      expectedMs: expectedNs === null ? null : expectedNs / 1e6,
      ...(this.#part !== null && { part: this.#part }),
    })
  }

  #tell(arm: Arm, { measured, throughput, latencies, memoryKb }: ArmMeasurement): void {
    // Others than the target have memory of their own.
    if (arm.build === 'target') this.#options.metrics?.addMemory(memoryKb)
    const waited = latencies.corrected.count > 0 ? latencies.corrected : latencies.ok
    this.#options.onProgress({
      kind: 'arm',
      phase: arm.phase,
      arm: `${arm.kind} ${arm.path}`,
      okPerSecond: throughput.ns === 0 ? null : (throughput.ok * 1e9) / throughput.ns,
      p50Ms: waited.percentileMs(50),
      p99Ms: waited.percentileMs(99),
      failed: measured.operations.failed,
      dropped: measured.iterations.dropped,
    })
  }
}

/** What is read after a slice of the gate, and counted in it. */
function besidesOf(
  { group, slices }: Life,
  order: number,
  calibration: GateCalibration | null,
): Pick<SlicePlace, 'memory' | 'slowOverMs'> {
  if (group === null) return {}
  const builds = slices.map(({ arm }) => arm.build)
  // Only of a process that one arm alone asks it can be said what that made it hold.
  if (!builds.includes('again')) return { slowOverMs: calibration?.process?.slowOverMs ?? null }
  const isLast = builds.lastIndexOf(builds[order] ?? 'target') === order
  return { slowOverMs: calibration?.build?.slowOverMs ?? null, memory: isLast ? 'last' : 'read' }
}

/** Which round a life is of, where there are several; the gate may need fewer than it has. */
function roundText({ round, group }: Life, { profile, gate }: Plan): string {
  if (group !== null) return `round ${round + 1} of at most ${gate?.looks.at(-1) ?? 0}, `
  return profile.mode.rounds === 1 ? '' : `round ${round + 1} of ${profile.mode.rounds}, `
}
