import type { PlanSummary } from '../measure/plan-summary.ts'
import { duration } from './format.ts'

/** A plan for people: what would run, in its order, how long that takes, and what is left out. */
export function renderPlan(plan: PlanSummary): string {
  const { profile, mode, seed, expectedMs, lives, stress, notMeasured } = plan
  return [
    `plan of ${profile}, mode ${mode}, seed ${seed}: about ${duration(expectedMs)}`,
    ...lives.map(({ round, slices }, index) => {
      const arms = slices.map(
        ({ arm, use, durationMs }) => `    ${arm} ${duration(durationMs)}${use === 'both' ? '' : ` for ${use}`}`,
      )
      return [`  target ${index + 1}, round ${round + 1}: ${slices.length} slices`, ...arms].join('\n')
    }),
    ...stress.map(({ name, load, durationMs }) => `  stress ${name}: ${load} for ${duration(durationMs)}`),
    ...notMeasured.map(({ what, why }) => `  not measured: ${what} (${why})`),
  ].join('\n')
}
