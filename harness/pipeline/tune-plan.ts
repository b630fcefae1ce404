import { withStrength } from '../faults/strength.ts'
import { nsPerMs, nsPerSecond } from '../kernel/units.ts'
import type { PlanSummary } from '../measure/plan-summary.ts'
import { strengthText } from '../measure/strength-unit.ts'
import { exprOf } from '../judge/limits.ts'
import { compilePlan, type Plan } from '../plan/plan.ts'
import type { Profile } from '../profile/profile.ts'
import { summarisePlan } from './dry-run.ts'
import type { TuneSettings } from './tune-flags.ts'
import type { TuneSubject } from './tune-subject.ts'
import { slicesOf, trialArms } from './tune-trials.ts'

/** Of the target of a policy, and of a slice besides its own time. */
const perLifeNs = 1.2 * nsPerSecond
const perSliceNs = 0.12 * nsPerSecond
/** Trials of a search as it usually has them. */
const usualTrials = 14
/** How much stronger they are than the profile's strength, as far as the search goes to see two break; slices grow with it. */
const usualStronger = 4

/**
 * The plan of a search for the tolerance: a warm target for each policy, and nothing else that is known beforehand. Nothing
 * of the profile is held against strengths that are meant to be too much.
 */
export function tunePlanOf(given: Profile, settings: TuneSettings): Plan {
  const policies = settings.subjects.map(({ policy }) => policy)
  const { guards } = given
  const mode = { ...given.mode, rounds: 1, gate: null }
  const profile: Profile = {
    ...given,
    mode,
    policies,
    stress: [],
    stressClient: [],
    scenario: null,
    thresholds: [],
    ceilings: { errorRate: null, rssDeltaKb: null },
    guards: { ...guards, failureBudget: null },
    effective: { ...given.effective, tune: settings.written },
    provenance: { ...given.provenance, ...settings.provenance },
  }
  const plan = compilePlan(profile, { baseline: true, policies: false, stress: false })
  const tuned = { ...plan, lives: [], notMeasured: settings.notMeasured, slicesPerArm: 1 }
  // The watchdog waits three times as long, and shall not end what is within its budget.
  const wholeNs = policies.length * lifeNs(tuned) + usualTrialsNs(settings, tuned)
  const expectedNs = Math.max(wholeNs, tuneBudgetNs(settings, tuned) / 2)
  // The mode's budget is for its own stages.
  return { ...tuned, profile: { ...profile, mode: { ...mode, budgetNs: expectedNs } }, expectedNs }
}

/** How long the trials of all policies may take. */
export function tuneBudgetNs(settings: Pick<TuneSettings, 'budgetNs' | 'subjects'>, plan: Plan): number {
  return settings.budgetNs ?? 2 * usualTrialsNs(settings, plan)
}

/** How long the trials of a search usually take, of all policies. */
function usualTrialsNs({ subjects }: Pick<TuneSettings, 'subjects'>, plan: Plan): number {
  return subjects.reduce((sum, subject) => {
    const { from, least, most, parameter } = subject.strength
    const strong =
      parameter.harder === 'more' ? Math.min(most, usualStronger * from) : Math.max(least, from / usualStronger)
    return sum + usualTrials * trialNs(subject, strong, plan)
  }, 0)
}

/** A trial of a strength: a slice of it, and one of the baseline beside it, or two of each. */
function trialNs({ policy, strength }: TuneSubject, value: number, plan: Plan): number {
  const { clean, tried } = trialArms(plan, { ...policy, rules: withStrength(policy.rules, strength, value) })
  return [clean, tried].flatMap((arm) => slicesOf(arm, plan)).reduce((ns, { arm }) => ns + arm.sliceNs + perSliceNs, 0)
}

function lifeNs({ warmup }: Plan): number {
  const slices = [warmup?.load, warmup?.single].flatMap((slice) => (slice ? [slice] : []))
  return perLifeNs + slices.reduce((ns, { arm }) => ns + arm.sliceNs + perSliceNs, 0)
}

/** What a search would do, as far as that is known. */
export function summariseTune(plan: Plan, { subjects, resolution }: TuneSettings): PlanSummary {
  return {
    ...summarisePlan(plan),
    stress: subjects.map((subject) => {
      const { policy, strength } = subject
      const from = strengthText(strength.parameter.unit, strength.from)
      const bounds = policy.bounds.map(exprOf).join(' and ')
      return {
        name: policy.name,
        load: `${strength.name} from ${from}, to ${Math.round(100 * resolution)} %, as long as ${bounds}, each trial`,
        durationMs: trialNs(subject, strength.from, plan) / nsPerMs,
        steps: [],
      }
    }),
  }
}
