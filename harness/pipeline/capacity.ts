import type { ResultCapacityLoops } from '../archive/capacity.ts'
import { answerSoFar, type LadderAnswer, nextOrder } from '../judge/capacity/ladder.ts'
import { nextLoops } from '../judge/capacity/loops.ts'
import { type GeneratorState, stepVerdict } from '../judge/capacity/rate-step.ts'
import { rateSliceOf } from '../judge/capacity/read-slice.ts'
import { lateness } from '../judge/generator-doubts.ts'
import { isAbort } from '../kernel/abort.ts'
import { nsPerMs, nsPerSecond, significant } from '../kernel/units.ts'
import type { ArmMeasurement, SliceSummary, WindowMeasurement } from '../measure/measurements.ts'
import { type Arm, createArm } from '../plan/arms.ts'
import { loops as closedLoops, steady } from '../plan/models.ts'
import type { Plan } from '../plan/plan.ts'
import { saturatedCpu } from '../run/own-processes.ts'
import type { Session } from '../run/session.ts'
import type { LoadModel, OpenModel } from '../workload/model.ts'
import { capacityDoubts, capacityOf, type MeasuredStep } from './capacity-result.ts'
import { type CapacitySettings, discardNsOf, rateBudgetNs } from './capacity-plan.ts'
import { checkFileLimit } from './preflight.ts'
import type { Search, SearchAnswer, SearchOptions } from './search.ts'

/** The ladder of rates begins at this share of what closed loops got done, and at this rate where they were not measured. */
const fromShare = 0.4
const fromPerSecond = 10
const mostSteps = 40
/** In flight at once, where the profile does not say. */
const mostInFlight = 2000
/** Files of a load worker besides its sockets. */
const otherFiles = 64

/** A slice as the session has left it. */
interface Carried {
  readonly summary: SliceSummary
  readonly generator: GeneratorState
}

/** Finds out how much a target bears: closed loops for the scalability law, then arrivals at one rate after the other. */
export class CapacitySearch implements Search {
  readonly #plan: Plan
  readonly #settings: CapacitySettings
  readonly #arms = new Map<string, Arm>()
  readonly #loops: ResultCapacityLoops[] = []
  readonly #steps: MeasuredStep[] = []
  #windows: WindowMeasurement[] = []
  #answer: LadderAnswer | null = null
  #order = 0

  constructor(plan: Plan, settings: CapacitySettings) {
    this.#plan = plan
    this.#settings = settings
  }

  get arms(): readonly Arm[] {
    return [...this.#arms.values()]
  }

  addWindow(window: WindowMeasurement): void {
    if (window.identity.phaseKind === 'capacity') this.#windows.push(window)
  }

  async carryOut(session: Session, options: SearchOptions): Promise<void> {
    checkFileLimit(this.#rateModel(1).maxInFlight + otherFiles)
    options.onProgress({ kind: 'stage', stage: 'start', detail: 'target 1', expectedMs: null })
    await session.openLife([])
    const { warmup } = this.#plan
    if (warmup && !session.stopped) await session.slice(warmup.load.arm, { round: 0, order: 0, ...warmup.load })
    if (this.#settings.loops) await this.#measureLoops(session, options)
    await this.#measureRates(session, options)
  }

  read(): SearchAnswer {
    const answer = this.#answer ?? answerSoFar(this.#steps)
    const measured = { answer, slos: this.#settings.slos, loops: this.#loops, steps: this.#steps }
    const { heldPerSecond } = answer
    return {
      doubts: capacityDoubts(measured),
      source: heldPerSecond === null ? null : `capacity.${rateName(heldPerSecond)}`,
      result: { capacity: capacityOf(measured) },
    }
  }

  async #measureLoops(session: Session, options: SearchOptions): Promise<void> {
    for (let count = nextLoops([]); count !== null && !session.stopped; count = nextLoops(this.#loops)) {
      const carried = await this.#slice(session, options, `loops-${count}`, closedLoops(count))
      if (!carried) return
      const { ok, durationNs, p50Ms, p99Ms } = carried.summary
      const perSecond = durationNs === 0 ? 0 : significant((ok * nsPerSecond) / durationNs)
      this.#loops.push({ loops: count, perSecond, p50: rounded(p50Ms), p99: rounded(p99Ms) })
    }
  }

  async #measureRates(session: Session, options: SearchOptions): Promise<void> {
    const { clock, signal } = options
    const settings = {
      fromPerSecond: this.#fromPerSecond(),
      mostPerSecond: this.#settings.mostPerSecond,
      mostSteps,
      mostNs: rateBudgetNs(this.#settings, this.#plan.profile),
    }
    const startNs = clock.nowNs()
    while (!session.stopped) {
      const order = nextOrder(settings, this.#steps, clock.nowNs() - startNs)
      if (order.kind === 'done') {
        this.#answer = order.answer
        return
      }
      await this.#measureRate(order.perSecond, session, options)
      // What a target could not do may still be under way in it.
      const last = this.#steps.at(-1)
      if (last && stepVerdict(last.slices) !== 'held')
        await clock.sleep(this.#settings.stepNs / 5, signal).catch((error: unknown) => {
          if (!isAbort(error, signal)) throw error
        })
    }
  }

  #fromPerSecond(): number {
    const best = Math.max(0, ...this.#loops.map(({ perSecond }) => perSecond))
    return this.#settings.fromPerSecond ?? (best === 0 ? fromPerSecond : significant(fromShare * best, 2))
  }

  async #measureRate(perSecond: number, session: Session, options: SearchOptions): Promise<void> {
    const carried = await this.#slice(session, options, rateName(perSecond), this.#rateModel(perSecond))
    if (!carried) return
    const { ok, failed, p50Ms, p95Ms, p99Ms } = carried.summary
    const latencyMs = { p50: rounded(p50Ms), p95: rounded(p95Ms), p99: rounded(p99Ms) }
    const { generator } = carried
    const measured = { due: perSecond, windows: this.#windows, ok, failed, latencyMs, generator }
    const slice = { ...rateSliceOf(measured, this.#settings.slos), ...latencyMs }
    const last = this.#steps.at(-1)
    if (last?.perSecond === perSecond)
      this.#steps[this.#steps.length - 1] = { perSecond, slices: [...last.slices, slice] }
    else this.#steps.push({ perSecond, slices: [slice] })
  }

  #rateModel(perSecond: number): OpenModel {
    const { throughput, latency } = this.#plan.profile.load
    const open = [latency, throughput].find((model) => model?.model === 'open')
    return {
      model: 'open',
      rate: { kind: 'absolute', perSecond: steady(perSecond) },
      arrival: 'constant',
      maxInFlight: open?.maxInFlight ?? mostInFlight,
      connections: open?.connections ?? null,
      iterations: null,
    }
  }

  /** Runs a slice of the arm of this name; null where it was ended early, and so says nothing. */
  async #slice(session: Session, options: SearchOptions, name: string, model: LoadModel): Promise<Carried | null> {
    const arm = this.#armOf(name)
    const { onProgress } = options
    onProgress({ kind: 'stage', stage: 'capacity', detail: name, expectedMs: arm.sliceNs / nsPerMs })
    const before = (await session.measurements()).arms.get(arm.id)?.generatorCpuMs ?? 0
    this.#windows = []
    const measured = await session.slice(arm, { round: 0, order: this.#order++, model, use: 'both' })
    if (session.stopped) return null
    this.#arms.set(arm.id, arm)
    const summary = (await session.measurements()).slices.at(-1)
    if (!summary) throw new Error('a slice that was carried out has a summary')
    return { summary, generator: this.#generatorOf(measured, measured.generatorCpuMs - before, summary) }
  }

  #armOf(name: string): Arm {
    const { profile } = this.#plan
    const arm = createArm(profile.mode, 'capacity', { kind: 'baseline', path: 'direct' })
    const phase = `capacity.${name}`
    const discardNs = discardNsOf(this.#settings, profile)
    return { ...arm, id: phase, phase, discardNs, sliceNs: discardNs + this.#settings.stepNs }
  }

  #generatorOf(arm: ArmMeasurement, cpuMs: number, { durationNs }: SliceSummary): GeneratorState {
    if ((arm.all.attemptErrors['exhausted'] ?? 0) > 0) return 'exhausted'
    const cores = this.#plan.profile.load.processes
    if (cpuMs > (saturatedCpu * cores * durationNs) / nsPerMs) return 'busy'
    const { lateMs, limitMs } = lateness(arm)
    return lateMs !== null && lateMs > limitMs ? 'late' : 'fine'
  }
}

function rateName(perSecond: number): string {
  return `rate-${perSecond}`
}

function rounded(ms: number | null): number | null {
  return ms === null ? null : significant(ms)
}
