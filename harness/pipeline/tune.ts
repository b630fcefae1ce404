import type { ResultTolerance } from '../archive/tune.ts'
import { exprOf } from '../judge/limits.ts'
import { nextTrial, type SearchAnswer, type SearchSettings, tuneAnswerSoFar } from '../judge/tune/search.ts'
import type { Arm } from '../plan/arms.ts'
import type { Plan } from '../plan/plan.ts'
import type { Session } from '../run/session.ts'
import type { Search, SearchAnswer as Found, SearchOptions } from './search.ts'
import { brokenAt, toleranceDoubts, toleranceRemarks } from './tolerance-doubts.ts'
import type { TuneSettings } from './tune-flags.ts'
import { tuneBudgetNs } from './tune-plan.ts'
import type { TuneSubject } from './tune-subject.ts'
import { archivedSteps, type MeasuredStep, StrengthTrials, withTrial } from './tune-trials.ts'

const mostSteps = 24

/** A policy that is searched, as far as that has come. */
interface Course {
  readonly subject: TuneSubject
  readonly settings: SearchSettings
  steps: readonly MeasuredStep[]
  answer: SearchAnswer | null
}

/** Finds out how strong each policy may be before the target leaves its bounds, one after the other. */
export class ToleranceSearch implements Search {
  readonly #plan: Plan
  readonly #courses: readonly Course[]
  readonly #budgetNs: number
  /** Each step is an arm only as long as it is measured. */
  readonly arms: readonly Arm[] = []

  constructor(plan: Plan, settings: TuneSettings) {
    const { subjects, resolution } = settings
    this.#plan = plan
    this.#budgetNs = tuneBudgetNs(settings, plan)
    const mostNs = this.#budgetNs / subjects.length
    this.#courses = subjects.map((subject) => {
      const { from, least, most, parameter } = subject.strength
      const range = { from, least, most, harder: parameter.harder, fromBreaks: false }
      return { subject, settings: { ...range, resolution, mostSteps, mostNs }, steps: [], answer: null }
    })
  }

  addWindow(): void {}

  async carryOut(session: Session, options: SearchOptions): Promise<void> {
    const trials = new StrengthTrials(session, this.#plan, options)
    for (const [index, course] of this.#courses.entries()) {
      if (session.stopped) return
      await trials.openLife([], index === 0)
      await this.#search(course, trials, options)
    }
  }

  read(): Found {
    const tolerance = this.#courses.map(toleranceOf)
    return { doubts: toleranceDoubts(tolerance), source: null, result: { tolerance } }
  }

  async #search(course: Course, trials: StrengthTrials, { clock }: SearchOptions): Promise<void> {
    const startNs = clock.nowNs()
    for (;;) {
      const order = nextTrial(course.settings, course.steps, clock.nowNs() - startNs)
      if (order.kind === 'done') {
        course.answer = order.answer
        return
      }
      const trial = await trials.measure(course.subject, order.value)
      if (trial === null) return
      course.steps = withTrial(course.steps, order.value, trial)
    }
  }
}

function toleranceOf({ subject, settings, steps, answer }: Course): ResultTolerance {
  const { policy, strength, boundsOf } = subject
  const found = answer ?? tuneAnswerSoFar(settings, steps)
  const tolerance = {
    policy: policy.name,
    parameter: strength.name,
    unit: strength.parameter.unit,
    harder: strength.parameter.harder,
    from: strength.from,
    bounds: policy.bounds.map(exprOf),
    ...found,
    boundsOf,
    boundsBroken: brokenAt(steps, found.breaks),
    steps: archivedSteps(steps),
  }
  return { ...tolerance, doubts: toleranceRemarks(tolerance) }
}
