import { nsPerMs } from '../kernel/units.ts'
import type { PlanSummary } from '../measure/plan-summary.ts'
import { modelText } from '../plan/models.ts'
import { expectedMs, type Plan } from '../plan/plan.ts'

/** What a run would do, without doing it. */
export function summarisePlan(plan: Plan): PlanSummary {
  const { name, mode, seed } = plan.profile
  return {
    profile: name,
    mode: mode.name,
    seed,
    expectedMs: expectedMs(plan),
    budgetMs: mode.budgetNs / nsPerMs,
    slicesPerArm: plan.slicesPerArm,
    gate: plan.gate && { looks: plan.gate.looks },
    lives: plan.lives.map(({ round, group, slices }) => ({
      round,
      group,
      slices: slices.map(({ arm: { id, sliceNs }, use }) => ({ arm: id, use, durationMs: sliceNs / nsPerMs })),
    })),
    stress: plan.stress.map(({ name: segment, model, durationNs, moments }) => ({
      name: segment,
      load: modelText(model),
      durationMs: durationNs / nsPerMs,
      steps: moments.map(({ atNs, installed }) => ({
        atMs: atNs / nsPerMs,
        faults: installed.map(({ layer }) => layer.name),
      })),
    })),
    notMeasured: plan.notMeasured,
  }
}
