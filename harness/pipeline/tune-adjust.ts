import type { ResultAdjusted, ResultStrengthMeasured } from '../archive/tune.ts'
import { withStrength } from '../faults/strength.ts'
import type { ArmVerdict } from '../judge/arm-verdict.ts'
import { exprOf, isBroken } from '../judge/limits.ts'
import { nextTrial, type SearchEnd, type SearchSettings } from '../judge/tune/search.ts'
import { stepVerdict } from '../judge/tune/step.ts'
import { nsPerSecond, significant } from '../kernel/units.ts'
import type { Arm } from '../plan/arms.ts'
import { type Plan, sharesLife, withPolicies } from '../plan/plan.ts'
import type { Policy } from '../profile/profile.ts'
import type { Session } from '../run/session.ts'
import type { SearchOptions } from './search.ts'
import { subjectOf, type TuneSubject } from './tune-subject.ts'
import { archivedSteps, armOfPolicy, type MeasuredStep, slicesOf, StrengthTrials, withTrial } from './tune-trials.ts'
import { writtenStrength } from './tune-written.ts'

/** Steps of the search; it has but to find what holds, and not where exactly it no more does. */
const mostSteps = 6
const resolution = 0.2
/** A strength that held in trials and not in the full measurement is made weaker once more, so often. */
const mostAttempts = 3
const leastBudgetNs = 60 * nsPerSecond

/** Judges all arms that were measured until now. */
type JudgeNow = () => Promise<readonly ArmVerdict[]>

/** Makes policies that left their bounds weaker until the target holds these, for the stress stage. */
export class PolicyAdjuster {
  readonly #plan: Plan
  readonly #adjusted: ResultAdjusted[] = []
  readonly #policies = new Map<string, Policy>()
  readonly #replaced = new Set<string>()
  #arms: readonly Arm[] = []

  constructor(plan: Plan) {
    this.#plan = plan
  }

  /** The plan with the adjusted policies in the place of those that the profile has. */
  get plan(): Plan {
    const { profile } = this.#plan
    if (this.#policies.size === 0) return this.#plan
    return withPolicies(
      this.#plan,
      profile.policies.map((policy) => this.#policies.get(policy.name) ?? policy),
    )
  }

  /** Those of adjusted policies, measured as the others are. */
  get arms(): readonly Arm[] {
    return this.#arms
  }

  /** The arms that those took the place of. */
  get replaced(): ReadonlySet<string> {
    return this.#replaced
  }

  read(): readonly ResultAdjusted[] {
    return this.#adjusted
  }

  /** Adjusts every policy of which an arm left its bounds, one after the other, within the time of the plan. */
  async carryOut(session: Session, options: SearchOptions, judgeNow: JudgeNow): Promise<void> {
    if (session.stopped) return
    const left = (await judgeNow()).filter(({ arm, bounds }) => arm.phaseKind === 'policy' && bounds.some(isBroken))
    if (left.length === 0) return
    const { profile, stress, expectedNs } = this.#plan
    const untilNs = options.clock.nowNs() + Math.max(leastBudgetNs, expectedNs)
    const trials = new StrengthTrials(session, this.#plan, options)
    await trials.openLife(sharesLife(profile.mode) ? stress.map(({ arm }) => arm) : [], false)
    for (const { arm } of left) {
      const policy = profile.policies.find(({ name }) => name === arm.policy)
      if (!policy || session.stopped) continue
      const subject = subjectOf(policy, undefined, profile.ceilings)
      if ('whyNone' in subject)
        options.onProgress({ kind: 'note', text: `${policy.name} is not adjusted: ${subject.whyNone}` })
      else await this.#adjust(subject, arm, { session, options, trials, untilNs, judgeNow })
    }
  }

  async #adjust(subject: TuneSubject, arm: Arm, context: AdjustContext): Promise<void> {
    const { session, options } = context
    const { policy, strength } = subject
    const { from, least, most, parameter } = strength
    const range = { from, least, most, harder: parameter.harder, fromBreaks: true }
    const settings = { ...range, resolution, mostSteps, mostNs: context.untilNs - options.clock.nowNs() }
    const { steps, holds, why } = await this.#search(subject, settings, context)
    const measured = holds === null ? [] : await this.#settle(subject, holds, context)
    const to = measured.find(({ held }) => held)?.value ?? null
    if (to !== null) this.#replaced.add(arm.id)
    const whyNone =
      why ?? (session.stopped ? 'the run was ended' : 'what held in trials did not hold in the full measurement')
    this.#adjusted.push({
      policy: policy.name,
      parameter: strength.name,
      unit: parameter.unit,
      harder: parameter.harder,
      from,
      bounds: policy.bounds.map(exprOf),
      steps: archivedSteps(steps),
      to,
      whyNone: to === null ? whyNone : null,
      measured,
      written: to === null ? {} : writtenStrength(this.#plan.profile, policy, strength, to),
    })
  }

  async #search(subject: TuneSubject, settings: SearchSettings, { options, trials }: AdjustContext): Promise<Searched> {
    const startNs = options.clock.nowNs()
    let steps: readonly MeasuredStep[] = []
    for (;;) {
      const order = nextTrial(settings, steps, options.clock.nowNs() - startNs)
      if (order.kind === 'done') {
        const { holds, limit } = order.answer
        if (holds === null) return { steps, holds, why: whyNone(limit, steps) }
        return { steps, holds: withMargin(settings, steps) ?? holds, why: null }
      }
      const trial = await trials.measure(subject, order.value)
      if (trial === null) return { steps, holds: null, why: 'the run was ended' }
      steps = withTrial(steps, order.value, trial)
    }
  }

  /** Measures an adjusted policy as policies are, weaker each time until it holds its bounds: with the last one, or not at all. */
  async #settle(
    { policy, strength }: TuneSubject,
    holds: number,
    context: AdjustContext,
  ): Promise<readonly ResultStrengthMeasured[]> {
    const { session, judgeNow } = context
    const weaker = strength.parameter.harder === 'more' ? 1 / (1 + resolution) : 1 + resolution
    const measured: ResultStrengthMeasured[] = []
    const original = this.#plan.profile.policies.find(({ name }) => name === policy.name) ?? policy
    for (let attempt = 0; attempt < mostAttempts && !session.stopped; attempt++) {
      const value = significant(holds * weaker ** attempt, 3)
      const adjusted = { ...original, rules: withStrength(original.rules, strength, value) }
      const arm = armOfPolicy(this.#plan, 'adjusted', adjusted)
      this.#arms = [...this.#arms, arm]
      await session.openArm(arm)
      for (let slice = 0; slice < this.#plan.slicesPerArm; slice++)
        for (const one of slicesOf(arm, this.#plan)) await session.slice(arm, { round: 0, order: slice, ...one })
      const verdict = (await judgeNow()).find((one) => one.arm === arm)
      const bounds = verdict?.bounds ?? []
      const held = bounds.length > 0 && !bounds.some(isBroken)
      measured.push({ value, held, bounds })
      if (held) {
        this.#policies.set(policy.name, adjusted)
        break
      }
      this.#arms = this.#arms.filter((one) => one !== arm)
      await session.closeArm(arm)
    }
    return measured
  }
}

interface AdjustContext {
  readonly session: Session
  readonly options: SearchOptions
  readonly trials: StrengthTrials
  readonly untilNs: number
  readonly judgeNow: JudgeNow
}

interface Searched {
  readonly steps: readonly MeasuredStep[]
  readonly holds: number | null
  /** Why nothing holds; null where something does. */
  readonly why: string | null
}

/** The strongest that held by far; what is near its limit in a slice of its own may be over it under stress. */
function withMargin({ harder }: SearchSettings, steps: readonly MeasuredStep[]): number | null {
  const clear = steps
    .filter(({ trials }) => stepVerdict(trials) === 'held' && trials.every(({ near }) => !near))
    .map(({ value }) => value)
  if (clear.length === 0) return null
  return harder === 'more' ? Math.max(...clear) : Math.min(...clear)
}

const endings: Readonly<Record<Exclude<SearchEnd, 'void'>, string>> = {
  most: 'none was tried',
  least: 'the least of it breaks the bounds too',
  steps: 'so many strengths were enough',
  time: 'the time was over',
  stopped: 'the run was ended',
}

function whyNone(limit: SearchEnd | null, steps: readonly MeasuredStep[]): string {
  const said = steps.flatMap(({ trials }) => trials).findLast(({ whyVoid }) => whyVoid !== null)?.whyVoid
  if (limit === 'void') return said ?? 'nothing was measured'
  return limit === null ? 'none held' : endings[limit]
}
